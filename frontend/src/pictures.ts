/** A view as pictures that the server draws: one coarse picture of each plane; pure. */

import type { Quat, Vec3 } from "./geometry";
import { type Look, lookOf } from "./look";
import { layPanels, orientationOf, type Panel } from "./panels";
import type { Scene } from "./scene";
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
  const look = lookOf(view, scene);
  if (!look) return [];
  const { at, zoom, turn } = view.camera;
  return layPanels(view.style.layout, turn, map).flatMap((panel: Panel) => {
    if (panel.plane === "3d") return [];
    const width = Math.ceil(panel.width / COARSE);
    const height = Math.ceil(panel.height / COARSE);
    const orientation = orientationOf(panel.plane, turn);
    const cut = { center: at, orientation, width, height, mmPerPixel: zoom * COARSE };
    const address = resolve(planeAddress(look, cut));
    return [{ panel, address, width, height, coarse: COARSE }];
  });
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
export function planeAddress({ volume, format, query }: Look, cut: Cut): string {
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

/** The address of the very picture that a panel shows, beside the page; `null` for the 3D panel. */
export function addressOf(view: View, scene: Scene, panel: Panel): string | null {
  const look = lookOf(view, scene, true);
  if (look === null || panel.plane === "3d") return null;
  const { at, zoom, turn } = view.camera;
  return planeAddress(
    { ...look, format: "png" },
    {
      center: at,
      orientation: orientationOf(panel.plane, turn),
      width: Math.round(panel.width),
      height: Math.round(panel.height),
      mmPerPixel: zoom,
    },
  );
}
