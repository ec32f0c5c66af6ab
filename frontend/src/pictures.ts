/** A view as pictures that the server draws: one coarse picture of each plane; pure. */

import type { Quat, Vec3 } from "./geometry";
import { layPanels, orientationOf, type Panel } from "./panels";
import { inColor, type Scene, windowOf } from "./scene";
import type { View } from "./state";
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

/** What is drawn of a view; `null` when there is nothing to be seen. */
export function drawnOf({ data, style }: View, { image, labels }: Scene): Drawn | null {
  const regions = labels && style.regions && style.drawing !== "outline" ? labels : null;
  const selected = style.selected.length > 0 ? { regions: style.selected.join(",") } : {};
  if (!image || !style.template) {
    // Labels are never blurred: the server draws them as PNG alone.
    return regions && { volume: regions.id, format: "png", query: {} };
  }
  const query: Record<string, string> = {};
  if (!inColor(image, style)) query.window = windowOf(image, style).join();
  if (style.gamma !== 1) query.gamma = String(style.gamma);
  if (style.channel !== null) query.channel = String(style.channel);
  if (regions && data.parcellation) {
    Object.assign(query, { labels: regions.id, opacity: String(style.opacity), ...selected });
  }
  return { volume: image.id, format: "webp", query };
}
