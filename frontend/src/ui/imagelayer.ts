/** The controls of an image: template, channel, contrast. */

import { COLORMAPS } from "../imageshader";
import { inColor, isRgb } from "../scene";
import type { Style } from "../state";
import type { Volume } from "../volume";
import { t } from "../words";
import { windowControl } from "./contrast";
import { Dials, select, type Updates } from "./controls";
import { h } from "./dom";
import type { LayersEvents, Shown } from "./layers";

export function imageControls(
  image: Volume,
  { atlas, data, volumes }: Shown,
  events: LayersEvents,
  updates: Updates,
): HTMLElement {
  const dials = new Dials(events.onStyle, updates);
  const group = dials.group(atlas ? t("Template") : t("Image"), "template");
  const templates = atlas && atlas.templates.length > 1 ? atlas.templates : [image.id];
  const called = (id: string) => volumes.find((volume) => volume.id === id)?.name ?? id;
  const inOwnColors = (style: Style) => inColor(image, style);
  group.append(
    select(
      t("Template volume"),
      templates.map((id) => [id, id === image.id ? image.name : called(id)] as const),
      data.template,
      (template) => events.onData({ template }),
    ),
    ...(image.channels > 1 ? [channelControl(image, events, updates)] : []),
    dials.unless(
      windowControl(image, (window) => events.onStyle({ window }), updates),
      inOwnColors,
    ),
    dials.unless(
      dials.picked(
        t("Colour map"),
        COLORMAPS.map((name) => [name, name] as const),
        "colormap",
      ),
      inOwnColors,
    ),
    dials.slider(t("Gamma"), { min: 0.2, max: 3, step: 0.05, digits: 2 }, "gamma"),
    dials.checkbox(t("Black and white turned over"), "invert"),
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
