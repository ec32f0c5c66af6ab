/** The controls of regions on the planes: which parcellation, how it is drawn. */

import { DRAWINGS, type Drawing, PALETTES, type Palette } from "../state";
import type { Volume } from "../volume";
import { t } from "../words";
import { checkbox, choice, picked, select, slider, switched, type Updates } from "./controls";
import { h } from "./dom";
import type { LayersEvents, Shown } from "./layers";

const DRAWING_NAMES: Record<Drawing, string> = {
  fill: t("Filled"),
  outline: t("Outlines"),
  both: t("Both"),
};

const PALETTE_NAMES: Record<Palette, string> = {
  atlas: t("The atlas’s own"),
  distinct: t("Neighbours differ"),
  safe: t("Safe for colour-blind eyes"),
};

export function regionControls(
  labels: Volume,
  { atlas, data }: Shown,
  events: LayersEvents,
  updates: Updates,
): HTMLElement {
  const group = switched(
    atlas ? t("Parcellation") : t("Labels"),
    (on) => events.onStyle({ regions: on }),
    ({ regions }) => regions,
    updates,
  );
  if (atlas && atlas.parcellations.length > 1) {
    group.append(
      select(
        t("Parcellation"),
        atlas.parcellations.map(({ id, name: title }) => [id, title] as const),
        data.parcellation,
        (parcellation) => events.onData({ parcellation }),
      ),
    );
  } else {
    const title = atlas?.parcellations.find(({ id }) => id === data.parcellation)?.name;
    group.append(h("p", { class: "layer-name" }, title ?? labels.name));
  }
  group.append(
    slider(
      t("Opacity"),
      { min: 0, max: 1, step: 0.05, digits: 2 },
      (opacity) => events.onStyle({ opacity }),
      ({ opacity }) => opacity,
      updates,
    ),
    choice(
      t("Regions drawn as"),
      DRAWINGS.map((drawing) => [drawing, DRAWING_NAMES[drawing]] as const),
      (drawing) => events.onStyle({ drawing }),
      ({ drawing }) => drawing,
      updates,
    ),
  );
  if (atlas) {
    group.append(
      picked(
        t("Colours"),
        PALETTES.map((palette) => [palette, PALETTE_NAMES[palette]] as const),
        (palette) => events.onStyle({ palette }),
        ({ palette }) => palette,
        updates,
      ),
      checkbox(
        t("Names on the planes"),
        (names) => events.onStyle({ names }),
        ({ names }) => names,
        updates,
      ),
    );
  }
  return group;
}
