/** How the slices of a volume lie in the world, as the server draws them; pure. */

import { dot, scale, type Vec3 } from "../geometry";
import type { Plane } from "../panels";
import type { Volume } from "../volume";

export type FlatPlane = Exclude<Plane, "3d">;

/** The slices of one plane: directions of length 1, and millimetres along them. */
export interface Grid {
  readonly right: Vec3;
  readonly down: Vec3;
  readonly normal: Vec3;
  /** The left and the upper edge of a slice, and its size. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly slices: number;
  /** The middle of slice 0, and from one to the next. */
  readonly first: number;
  readonly step: number;
  /** Are its voxels as wide as high? */
  readonly square: boolean;
}

/** Which axis of the voxels goes to the right, up, and from slice to slice. */
const AXES = {
  horizontal: [0, 1, 2],
  coronal: [0, 2, 1],
  sagittal: [1, 2, 0],
} as const satisfies Record<FlatPlane, readonly [0 | 1 | 2, 0 | 1 | 2, 0 | 1 | 2]>;

export function gridOf(
  { affine, shape }: Pick<Volume, "affine" | "shape">,
  plane: FlatPlane,
): Grid {
  const column = (axis: number): Vec3 => [
    affine[0]?.[axis] ?? 0,
    affine[1]?.[axis] ?? 0,
    affine[2]?.[axis] ?? 0,
  ];
  const origin = column(3);
  const [across, up, through] = AXES[plane];
  const size = (axis: number) => Math.hypot(...column(axis));
  const unit = (axis: number) => scale(column(axis), 1 / size(axis));
  const right = unit(across);
  const down = scale(unit(up), -1);
  const normal = unit(through);
  return {
    right,
    down,
    normal,
    left: dot(right, origin) - size(across) / 2,
    // The highest voxel is drawn at the top.
    top: dot(down, origin) - (shape[up] - 0.5) * size(up),
    width: shape[across] * size(across),
    height: shape[up] * size(up),
    slices: shape[through],
    first: dot(normal, origin),
    step: size(through),
    square: Math.abs(size(across) / size(up) - 1) < 1e-3,
  };
}

/** The slice that holds a point; the nearest one, if the point lies outside. */
export function sliceAt({ normal, first, step, slices }: Grid, point: Vec3): number {
  const slice = Math.round((dot(normal, point) - first) / step);
  return Math.min(slices - 1, Math.max(0, slice));
}

/** The point of the world at a place of a slice, as deep as another point. */
export function pointOn({ right, down, normal }: Grid, u: number, v: number, depth: Vec3): Vec3 {
  const w = dot(normal, depth);
  return [0, 1, 2].map(
    (i) => u * (right[i] ?? 0) + v * (down[i] ?? 0) + w * (normal[i] ?? 0),
  ) as unknown as Vec3;
}
