/** A view as pictures that the server draws: one coarse picture of each plane; pure. */

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
  const drawn = styleOf(view, scene);
  if (!drawn) return [];
  const { at, zoom, turn } = view.camera;
  return layPanels(view.style.layout, turn, map).flatMap((panel: Panel) => {
    if (panel.plane === "3d") return [];
    const width = Math.ceil(panel.width / COARSE);
    const height = Math.ceil(panel.height / COARSE);
    const query = new URLSearchParams({
      center: at.join(","),
      orientation: orientationOf(panel.plane, turn).join(","),
      width: String(width),
      height: String(height),
      mm_per_pixel: String(zoom * COARSE),
      ...drawn.query,
    });
    const address = resolve(`planes/${drawn.volume}.${drawn.format}?${query}`);
    return [{ panel, address, width, height, coarse: COARSE }];
  });
}

/** What is drawn, in the server's words; `null` when there is nothing to be seen. */
function styleOf(
  { data, style }: View,
  { image, labels }: Scene,
): { volume: string; format: "webp" | "png"; query: Record<string, string> } | null {
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
