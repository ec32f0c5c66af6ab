/** Slices as one sees them: which level is drawn, how far a step goes, where in the whole; pure. */

import { type Bounds, dot, type Vec3 } from "./geometry";
import type { Volume } from "./volume";

/** The engine lets a pixel be this much wider than it is before it takes a finer level. */
const SLACK = 1.1;

/** The voxel of the level that is drawn at so many millimetres a pixel, as the engine chooses it. */
export function drawnVoxel(volume: Pick<Volume, "voxelSize" | "levels">, zoom: number): Vec3 {
  const finest = volume.levels[0] ?? volume.voxelSize;
  for (let i = volume.levels.length - 1; i > 0; i--) {
    const voxel = volume.levels[i] as Vec3;
    const better = voxel.some((size, axis) => {
      return size > SLACK * zoom && size > 1.01 * (finest[axis] ?? size);
    });
    if (!better) return voxel;
  }
  return finest;
}

/** How far it is from one voxel to the next along a direction of length 1, in mm. */
export function stepAlong(voxel: Vec3, direction: Vec3): number {
  return 1 / Math.hypot(...direction.map((share, i) => share / (voxel[i] ?? 1)));
}

/** The axis of the body that a direction follows most closely. */
export function mainAxis(direction: Vec3): 0 | 1 | 2 {
  const [x, y, z] = direction.map(Math.abs) as [number, number, number];
  // Of two that are as close the first, whatever the last digit says.
  const least = Math.max(x, y, z) - 1e-6;
  return x >= least ? 0 : y >= least ? 1 : 2;
}

/** A plane's normal that points to the right, the front or the top: slices are counted that way. */
export function upward(normal: Vec3): Vec3 {
  const sign = normal[mainAxis(normal)] < 0 ? -1 : 1;
  return [sign * normal[0] + 0, sign * normal[1] + 0, sign * normal[2] + 0];
}

/** Where along a direction a box begins and ends, in mm from the origin. */
export function reach([lo, hi]: Bounds, direction: Vec3): readonly [number, number] {
  let least = 0;
  let most = 0;
  for (const axis of [0, 1, 2] as const) {
    const a = lo[axis] * direction[axis];
    const b = hi[axis] * direction[axis];
    least += Math.min(a, b);
    most += Math.max(a, b);
  }
  return [least, most];
}

/** Where a plane's slice is in the whole volume. */
export interface Slice {
  /** Of length 1, to the right, the front or the top. */
  readonly direction: Vec3;
  /** Millimetres along the direction: here, and at the volume's ends. */
  readonly here: number;
  readonly first: number;
  readonly last: number;
  /** From this slice to the next, in mm. */
  readonly step: number;
}

export function sliceOf(normal: Vec3, at: Vec3, bounds: Bounds, voxel: Vec3): Slice {
  const direction = upward(normal);
  const [first, last] = reach(bounds, direction);
  const step = stepAlong(voxel, direction);
  return { direction, here: dot(at, direction), first, last, step };
}

/** The whole number of steps that brings one nearest to a share of the way through. */
export function stepsTo({ here, first, last, step }: Slice, share: number): number {
  return Math.round((first + share * (last - first) - here) / step);
}
