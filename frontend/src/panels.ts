/** The panels of the map: where each lies and what it shows; pure. */

import { multiply, type Quat, type Sides, sidesOf, turned, type Vec3 } from "./geometry";
import { PLANE_TURNS } from "./scene";
import type { Layout } from "./state";

export type Plane = "horizontal" | "coronal" | "sagittal" | "3d";

/** The directions to the right, down and into a picture, of length 1 in mm. */
export interface Axes {
  readonly right: Vec3;
  readonly down: Vec3;
  readonly normal: Vec3;
}

/** One panel of the map, placed in the map's own pixels. */
export interface Panel {
  readonly plane: Plane;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What lies at the panel's edges; `null` for the 3D panel. */
  readonly sides: Sides | null;
  /** How its plane lies in the world; `null` for the 3D panel. */
  readonly axes: Axes | null;
}

const QUARTERS: readonly (readonly Plane[])[] = [
  ["horizontal", "sagittal"],
  ["coronal", "3d"],
];

/** The panels as the engine will place them. */
export function layPanels(
  layout: Layout,
  turn: Quat,
  map: { readonly width: number; readonly height: number },
): Panel[] {
  const rows = layout === "4panel" ? QUARTERS : [[layout]];
  return rows.flatMap((row, j) =>
    row.map((plane, i) => {
      const width = map.width / row.length;
      const height = map.height / rows.length;
      const axes = plane === "3d" ? null : axesOf(orientationOf(plane, turn));
      const sides = axes && sidesOf(axes.right, axes.down);
      return { plane, left: i * width, top: j * height, width, height, sides, axes };
    }),
  );
}

/** How a plane lies in the world, when all three are turned like this. */
export function orientationOf(plane: Exclude<Plane, "3d">, turn: Quat): Quat {
  return multiply(turn, PLANE_TURNS[plane]);
}

/** The directions of a picture that is turned like this. */
export function axesOf(orientation: Quat): Axes {
  return {
    right: turned(orientation, [1, 0, 0]),
    down: turned(orientation, [0, 1, 0]),
    normal: turned(orientation, [0, 0, 1]),
  };
}
