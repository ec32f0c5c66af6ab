/** A view in the server's words: which volume it is to draw, and how; pure. */

import { faintness, inColor, type Scene, windowOf } from "./scene";
import { STYLE, type Style, type View } from "./state";
import type { Volume } from "./volume";

/** What is drawn, in the server's words. */
export interface Look {
  readonly volume: string;
  readonly format: "webp" | "png";
  readonly query: Readonly<Record<string, string>>;
}

/**
 * What is drawn of a view; `null` when there is nothing to be seen. Lines between regions are left
 * out of coarse pictures, where they would be thick.
 */
export function lookOf(
  { data, style }: View,
  { image, labels }: Scene,
  lines = false,
): Look | null {
  const shown = labels !== null && style.regions && (lines || style.drawing !== "outline");
  const regions = shown ? regionsOf(style, data.parcellation !== null, lines) : null;
  if (!image || !style.template) {
    // Labels are never blurred: the server draws them as PNG alone.
    return labels && regions && { volume: labels.id, format: "png", query: regions };
  }
  const query = imageOf(image, style);
  if (labels && regions && data.parcellation) Object.assign(query, { labels: labels.id }, regions);
  return { volume: image.id, format: "webp", query };
}

/** How the image is drawn: in its own colours, or one channel of it through a colour map. */
function imageOf(image: Volume, style: Style): Record<string, string> {
  const query: Record<string, string> = {};
  if (style.gamma !== STYLE.gamma) query.gamma = String(style.gamma);
  if (style.invert) query.invert = "1";
  if (inColor(image, style)) return query;
  query.window = windowOf(image, style).join();
  if (style.colormap !== STYLE.colormap) query.colormap = style.colormap;
  // Left out the server draws all channels at once, where the file gives each a colour.
  if (image.channels > 1) query.channel = String(style.channel ?? 0);
  return query;
}

/** How regions are drawn; `told` where a table says what they are. */
function regionsOf(style: Style, told: boolean, lines: boolean): Record<string, string> {
  const query: Record<string, string> = { opacity: String(style.opacity) };
  if (lines && style.drawing !== "fill") query.outline = style.drawing === "both" ? "both" : "1";
  if (!told) return query;
  if (style.selected.length > 0) {
    query.regions = style.selected.join(",");
    if (faintness(style) > 0) query.rest = String(faintness(style));
  }
  const colors = Object.entries(style.colors).map(([id, color]) => `${id}:${color.slice(1)}`);
  if (style.hidden.length > 0) query.hide = style.hidden.join(",");
  if (style.side !== null) query.hemisphere = style.side;
  if (style.depth !== null) query.depth = String(style.depth);
  if (style.palette !== "atlas") query.palette = style.palette;
  if (colors.length > 0) query.colors = colors.join(",");
  return query;
}
