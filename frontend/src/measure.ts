/** Points of the world on the panels, and how far they are apart; pure. */

import { add, dot, scale, type Vec3 } from "./geometry";
import type { Axes, Panel } from "./panels";
import type { Camera } from "./state";

/** Where a point of the world is drawn, in the map's pixels: what is not in the plane, straight over it. */
export function placeOn(
  { left, top, width, height, axes }: Panel & { readonly axes: Axes },
  { at, zoom }: Camera,
  point: Vec3,
): readonly [number, number] {
  const from = add(point, scale(at, -1));
  return [
    left + width / 2 + dot(from, axes.right) / zoom,
    top + height / 2 + dot(from, axes.down) / zoom,
  ];
}

export function distance(a: Vec3, b: Vec3): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
}

/** A length for people, as exact as it is worth reading. */
export function sayLength(mm: number): string {
  if (mm >= 100) return `${mm.toFixed(0)} mm`;
  if (mm >= 1) return `${mm.toFixed(1)} mm`;
  return mm >= 0.1 ? `${mm.toFixed(2)} mm` : `${(mm * 1000).toFixed(mm >= 0.01 ? 0 : 1)} µm`;
}
