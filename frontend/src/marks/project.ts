/** Where a point of the world is drawn in a panel, and where a drag there takes it; pure. */

import { add, scale, type Vec3 } from "../geometry";

/** A panel that shows a plane: what a pixel to the right, down and into it is in mm. */
export interface PlaneMap {
  readonly kind: "plane";
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly centre: Vec3;
  readonly right: Vec3;
  readonly down: Vec3;
  readonly normal: Vec3;
}

/** A panel that shows space: the matrix (by columns) from mm to its clip space. */
export interface SpaceMap {
  readonly kind: "space";
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly matrix: ArrayLike<number>;
}

export type PanelMap = PlaneMap | SpaceMap;

export interface Spot {
  /** Pixels of the panel. */
  readonly x: number;
  readonly y: number;
  /** Pixels away from the plane; 0 in a panel of space. */
  readonly depth: number;
}

/** Where a point is drawn; `null` behind the eye. */
export function spotOf(map: PanelMap, point: Vec3): Spot | null {
  if (map.kind === "plane") {
    const from = add(point, scale(map.centre, -1));
    const along = (axis: Vec3) => dot(from, axis) / dot(axis, axis);
    return {
      x: map.width / 2 + along(map.right),
      y: map.height / 2 + along(map.down),
      depth: along(map.normal),
    };
  }
  const m = map.matrix;
  const row = (i: number) =>
    (m[i] ?? 0) * point[0] +
    (m[i + 4] ?? 0) * point[1] +
    (m[i + 8] ?? 0) * point[2] +
    (m[i + 12] ?? 0);
  const w = row(3);
  if (w <= 0) return null;
  return {
    x: ((row(0) / w + 1) / 2) * map.width,
    y: ((1 - row(1) / w) / 2) * map.height,
    depth: 0,
  };
}

/** The step in the world that takes a point so many pixels across a panel. */
export function stepOf(map: PanelMap, at: Vec3, dx: number, dy: number): Vec3 {
  if (map.kind === "plane") return add(scale(map.right, dx), scale(map.down, dy));
  // What is far is small: a step that is right at its beginning falls short at its end.
  let by: Vec3 = [0, 0, 0];
  for (let i = 0; i < 4; i += 1) {
    const to = add(at, by);
    const from = spotOf(map, at);
    const spot = spotOf(map, to);
    if (!from || !spot) return by;
    by = add(by, steepest(map, to, dx - (spot.x - from.x), dy - (spot.y - from.y)));
  }
  return by;
}

/** The least step that takes a point of space so many pixels, as far as near it. */
function steepest(map: SpaceMap, at: Vec3, dx: number, dy: number): Vec3 {
  const here = spotOf(map, at);
  if (!here) return [0, 0, 0];
  const reach = 1e-3;
  const axes: Vec3[] = [
    [reach, 0, 0],
    [0, reach, 0],
    [0, 0, reach],
  ];
  const moved = axes.map((axis) => spotOf(map, add(at, axis)) ?? here);
  const jx = moved.map(({ x }) => (x - here.x) / reach) as unknown as Vec3;
  const jy = moved.map(({ y }) => (y - here.y) / reach) as unknown as Vec3;
  const [a, b, d] = [dot(jx, jx), dot(jx, jy), dot(jy, jy)];
  const det = a * d - b * b;
  if (Math.abs(det) < 1e-12) return [0, 0, 0];
  return add(scale(jx, (dx * d - dy * b) / det), scale(jy, (dy * a - dx * b) / det));
}

function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
