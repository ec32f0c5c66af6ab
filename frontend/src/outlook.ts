/** The mini-map: the whole brain in three small planes, and what the large panel shows of it; pure. */

import { add, type Bounds, dot, scale, UPRIGHT, type Vec3 } from "./geometry";
import type { Look } from "./look";
import { type Axes, axesOf, orientationOf, type Panel } from "./panels";
import { planeAddress } from "./pictures";
import { reach } from "./slices";

export const PLANES = ["horizontal", "coronal", "sagittal"] as const;
export type SlicePlane = (typeof PLANES)[number];

/** One small plane, always upright: a map does not turn. */
export interface Mini {
  readonly plane: SlicePlane;
  readonly axes: Axes;
  /** The middle of its picture. */
  readonly centre: Vec3;
  readonly mmPerPixel: number;
}

/** Share of a small picture that the brain fills. */
const FILLED = 0.94;

/** The small planes through a point, each `side` pixels wide and high, at one scale. */
export function minisOf(bounds: Bounds, at: Vec3, side: number): Mini[] {
  const middle = scale(add(bounds[0], bounds[1]), 0.5);
  const wide = [0, 1, 2].map((i) => (bounds[1][i] ?? 0) - (bounds[0][i] ?? 0));
  const mmPerPixel = Math.max(...wide) / (side * FILLED);
  return PLANES.map((plane) => {
    const axes = axesOf(orientationOf(plane, UPRIGHT));
    const [first, last] = reach(bounds, axes.normal);
    const depth = Math.min(last, Math.max(first, dot(at, axes.normal)));
    const centre = add(middle, scale(axes.normal, depth - dot(middle, axes.normal)));
    return { plane, axes, centre, mmPerPixel };
  });
}

/** Where a point of the world lies in a small picture, in pixels from its middle. */
export function placeIn({ axes, centre, mmPerPixel }: Mini, point: Vec3): [number, number] {
  const from = add(point, scale(centre, -1));
  return [dot(from, axes.right) / mmPerPixel, dot(from, axes.down) / mmPerPixel];
}

/** The point under a place of a small picture, as deep as `at` is. */
export function pointIn({ axes, centre, mmPerPixel }: Mini, x: number, y: number, at: Vec3): Vec3 {
  const inPlane = add(scale(axes.right, x * mmPerPixel), scale(axes.down, y * mmPerPixel));
  const depth = dot(add(at, scale(centre, -1)), axes.normal);
  return add(add(centre, inPlane), scale(axes.normal, depth));
}

/** The corners of what a panel shows, in the world. */
export function fieldOf(panel: Panel & { readonly axes: Axes }, at: Vec3, zoom: number): Vec3[] {
  const across = scale(panel.axes.right, (panel.width * zoom) / 2);
  const down = scale(panel.axes.down, (panel.height * zoom) / 2);
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([i, j]) => add(at, add(scale(across, i ?? 0), scale(down, j ?? 0))));
}

/** The server's picture of a small plane. */
export function miniAddress(mini: Mini, side: number, look: Look): string {
  return planeAddress(look, {
    center: mini.centre,
    orientation: orientationOf(mini.plane, UPRIGHT),
    width: side,
    height: side,
    mmPerPixel: mini.mmPerPixel,
  });
}
