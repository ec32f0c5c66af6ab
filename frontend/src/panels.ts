/** The panels of the map: where each lies and what it shows; pure. */

import { multiply, type Quat, type Sides, sidesOf, turned } from "./geometry";
import { PLANE_TURNS } from "./scene";
import type { Layout } from "./state";

export type Plane = "horizontal" | "coronal" | "sagittal" | "3d";

/** One panel of the map, placed in the map's own pixels. */
export interface Panel {
  readonly plane: Plane;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What lies at the panel's edges; `null` for the 3D panel. */
  readonly sides: Sides | null;
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
      const sides = plane === "3d" ? null : sidesIn(orientationOf(plane, turn));
      return { plane, left: i * width, top: j * height, width, height, sides };
    }),
  );
}

/** How a plane lies in the world, when all three are turned like this. */
export function orientationOf(plane: Exclude<Plane, "3d">, turn: Quat): Quat {
  return multiply(turn, PLANE_TURNS[plane]);
}

function sidesIn(orientation: Quat): Sides {
  return sidesOf(turned(orientation, [1, 0, 0]), turned(orientation, [0, 1, 0]));
}
