/** A style in the server's words, whole: what is not drawn ahead of the engine is drawn here too; pure. */

import { inColor, type Scene, windowOf } from "../scene";
import type { Style, View } from "../state";

export interface Look {
  readonly volume: string;
  readonly format: "webp" | "png";
  readonly query: Readonly<Record<string, string>>;
}

/** Strength of the regions that are not selected, as a share of that of the selected ones. */
const REST = 0.12;

/** How the server is to draw a view; `null` when there is nothing to be seen. */
export function lookOf({ data, style }: View, { image, labels }: Scene): Look | null {
  const regions = labels && style.regions ? labels : null;
  if (!image || !style.template) {
    // Labels are never blurred.
    const query = { ...regionsOf(style), opacity: "1" };
    return regions && { volume: regions.id, format: "png", query: data.parcellation ? query : {} };
  }
  const query: Record<string, string> = {};
  if (!inColor(image, style)) query.window = windowOf(image, style).join();
  if (style.gamma !== 1) query.gamma = String(style.gamma);
  if (style.channel !== null) query.channel = String(style.channel);
  if (regions && data.parcellation) {
    Object.assign(query, { labels: data.parcellation, ...regionsOf(style) });
  }
  return { volume: image.id, format: "webp", query };
}

function regionsOf(style: Style): Record<string, string> {
  const { selected, hidden, side, depth, palette, isolate } = style;
  const colors = Object.entries(style.colors);
  return {
    opacity: String(style.drawing === "outline" ? Math.min(1, style.opacity + 0.4) : style.opacity),
    ...(style.drawing === "fill" ? {} : { outline: style.drawing === "both" ? "both" : "1" }),
    ...(selected.length > 0 ? { regions: selected.join() } : {}),
    ...(selected.length > 0 && !isolate ? { rest: String(REST) } : {}),
    ...(hidden.length > 0 ? { hide: hidden.join() } : {}),
    ...(side === null ? {} : { hemisphere: side }),
    ...(depth === null ? {} : { depth: String(depth) }),
    ...(palette === "atlas" ? {} : { palette }),
    ...(colors.length > 0
      ? { colors: colors.map(([id, color]) => `${id}:${color.replace("#", "")}`).join() }
      : {}),
  };
}
