/** A view as pictures that the server draws: one coarse picture of each plane; pure. */

import type { Quat, Vec3 } from "./geometry";
import { layPanels, orientationOf, type Panel } from "./panels";
import { faintness, inColor, type Scene, windowOf } from "./scene";
import type { Style, View } from "./state";
import type { Picture } from "./ui/preview";

/** Screen pixels a pixel, across and down: a quarter of the work is enough to look at meanwhile. */
const COARSE = 2;

export function picturesOf(
  view: View,
  scene: Scene,
  map: { readonly width: number; readonly height: number },
  resolve: (path: string) => string,
): Picture[] {
  const drawn = drawnOf(view, scene);
  if (!drawn) return [];
  const { at, zoom, turn } = view.camera;
  return layPanels(view.style.layout, turn, map).flatMap((panel: Panel) => {
    if (panel.plane === "3d") return [];
    const width = Math.ceil(panel.width / COARSE);
    const height = Math.ceil(panel.height / COARSE);
    const orientation = orientationOf(panel.plane, turn);
    const cut = { center: at, orientation, width, height, mmPerPixel: zoom * COARSE };
    const address = resolve(planeAddress(drawn, cut));
    return [{ panel, address, width, height, coarse: COARSE }];
  });
}

/** What is drawn, in the server's words. */
export interface Drawn {
  readonly volume: string;
  readonly format: "webp" | "png";
  readonly query: Readonly<Record<string, string>>;
}

/** A picture of a plane. */
export interface Cut {
  readonly center: Vec3;
  readonly orientation: Quat;
  readonly width: number;
  readonly height: number;
  readonly mmPerPixel: number;
}

/** Where the server has a picture of a plane, beside the page. */
export function planeAddress({ volume, format, query }: Drawn, cut: Cut): string {
  const said = new URLSearchParams({
    center: cut.center.join(","),
    orientation: cut.orientation.join(","),
    width: String(cut.width),
    height: String(cut.height),
    mm_per_pixel: String(cut.mmPerPixel),
    ...query,
  });
  return `planes/${volume}.${format}?${said}`;
}

/**
 * What is drawn of a view; `null` when there is nothing to be seen. Lines between regions are left
 * out of coarse pictures, where they would be thick.
 */
export function drawnOf(
  { data, style }: View,
  { image, labels }: Scene,
  lines = false,
): Drawn | null {
  const shown = labels !== null && style.regions && (lines || style.drawing !== "outline");
  const regions = shown ? regionsOf(style, data.parcellation !== null, lines) : null;
  if (!image || !style.template) {
    // Labels are never blurred: the server draws them as PNG alone.
    return labels && regions && { volume: labels.id, format: "png", query: regions };
  }
  const query: Record<string, string> = {};
  if (!inColor(image, style)) query.window = windowOf(image, style).join();
  if (style.gamma !== 1) query.gamma = String(style.gamma);
  if (style.channel !== null) query.channel = String(style.channel);
  if (labels && regions && data.parcellation) Object.assign(query, { labels: labels.id }, regions);
  return { volume: image.id, format: "webp", query };
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

/** The address of the very picture that a panel shows, beside the page; `null` for the 3D panel. */
export function addressOf(view: View, scene: Scene, panel: Panel): string | null {
  const drawn = drawnOf(view, scene, true);
  if (drawn === null || panel.plane === "3d") return null;
  const { at, zoom, turn } = view.camera;
  return planeAddress(
    { ...drawn, format: "png" },
    {
      center: at,
      orientation: orientationOf(panel.plane, turn),
      width: Math.round(panel.width),
      height: Math.round(panel.height),
      mmPerPixel: zoom,
    },
  );
}
