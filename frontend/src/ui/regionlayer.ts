/** The controls of regions on the planes: which parcellation, how it is drawn. */

import { DRAWINGS, type Drawing, PALETTES, type Palette } from "../state";
import type { Volume } from "../volume";
import { t } from "../words";
import { Dials, select, type Updates } from "./controls";
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
  const dials = new Dials(events.onStyle, updates);
  const group = dials.group(atlas ? t("Parcellation") : t("Labels"), "regions");
  const told = atlas?.parcellations ?? [];
  const shown = told.find(({ id }) => id === data.parcellation);
  const choices = told.length > 1 ? told : [shown ?? labels];
  group.append(
    select(
      t("Parcellation"),
      choices.map(({ id, name }) => [id, name] as const),
      data.parcellation,
      (parcellation) => events.onData({ parcellation }),
    ),
    dials.slider(t("Opacity"), { min: 0, max: 1, step: 0.05, digits: 2 }, "opacity"),
    dials.choice(
      t("Regions drawn as"),
      DRAWINGS.map((drawing) => [drawing, DRAWING_NAMES[drawing]] as const),
      "drawing",
    ),
  );
  if (atlas) {
    group.append(
      dials.picked(
        t("Colours"),
        PALETTES.map((palette) => [palette, PALETTE_NAMES[palette]] as const),
        "palette",
      ),
      dials.checkbox(t("Names on the planes"), "names"),
    );
  }
  return group;
}
