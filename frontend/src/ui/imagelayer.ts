/** The controls of an image: template, channel, contrast. */

import { COLORMAPS } from "../imageshader";
import { inColor, isRgb } from "../scene";
import type { Volume } from "../volume";
import { t } from "../words";
import { windowControl } from "./contrast";
import { checkbox, picked, select, slider, switched, type Updates } from "./controls";
import { h } from "./dom";
import type { LayersEvents, Shown } from "./layers";

export function imageControls(
  image: Volume,
  { atlas, data, volumes }: Shown,
  events: LayersEvents,
  updates: Updates,
): HTMLElement {
  const group = switched(
    atlas ? t("Template") : t("Image"),
    (on) => events.onStyle({ template: on }),
    ({ template }) => template,
    updates,
  );
  if (atlas && atlas.templates.length > 1) {
    group.append(
      select(
        t("Template volume"),
        atlas.templates.map(
          (id) => [id, volumes.find((volume) => volume.id === id)?.name ?? id] as const,
        ),
        data.template,
        (template) => events.onData({ template }),
      ),
    );
  } else {
    group.append(h("p", { class: "layer-name" }, image.name));
  }
  if (image.channels > 1) group.append(channelControl(image, events, updates));
  const contrast = windowControl(image, (window) => events.onStyle({ window }), updates);
  updates.push((style) => {
    contrast.hidden = inColor(image, style);
  });
  const colours = picked(
    t("Colour map"),
    COLORMAPS.map((name) => [name, name] as const),
    (colormap) => events.onStyle({ colormap }),
    ({ colormap }) => colormap,
    updates,
  );
  updates.push((style) => {
    colours.hidden = inColor(image, style);
  });
  group.append(
    contrast,
    colours,
    slider(
      t("Gamma"),
      { min: 0.2, max: 3, step: 0.05, digits: 2 },
      (gamma) => events.onStyle({ gamma }),
      ({ gamma }) => gamma,
      updates,
    ),
    checkbox(
      t("Black and white turned over"),
      (invert) => events.onStyle({ invert }),
      ({ invert }) => invert,
      updates,
    ),
  );
  return group;
}

function channelControl(image: Volume, events: LayersEvents, updates: Updates): HTMLElement {
  // In the order of the choices: what the style says of each.
  const values: (number | null)[] = [...Array(image.channels).keys()];
  if (isRgb(image)) values.unshift(null);
  const input = h(
    "select",
    {
      "aria-label": t("Channel"),
      onchange: () => {
        const channel = values[input.selectedIndex] ?? null;
        events.onStyle({ channel: isRgb(image) || channel !== 0 ? channel : null, window: null });
      },
    },
    ...values.map((value) =>
      h(
        "option",
        {},
        value === null ? t("Colour") : t("Channel {channel}", { channel: String(value) }),
      ),
    ),
  );
  updates.push(({ channel }) => {
    input.selectedIndex = values.indexOf(channel ?? (isRgb(image) ? null : 0));
  });
  return input;
}
