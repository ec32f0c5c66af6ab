/** Shapes of annotations: their points, what is measured of them, and where they are held; pure. */

import { add, type Bounds, scale, type Vec3 } from "../geometry";

export const SHAPES = ["point", "line", "polyline", "polygon", "box", "ellipsoid"] as const;
export type Shape = (typeof SHAPES)[number];

export type Points = readonly Vec3[];

/** Millimetres, square and cubic millimetres, and degrees. */
export interface Measures {
  readonly length?: number;
  readonly perimeter?: number;
  readonly area?: number;
  readonly volume?: number;
  readonly angle?: number;
}

export function measuresOf(type: Shape, points: Points): Measures {
  switch (type) {
    case "point":
      return {};
    case "line":
      return { length: pathLength(points) };
    case "polyline": {
      const angle = points.length === 3 ? angleAt(points[0], points[1], points[2]) : null;
      return { length: pathLength(points), ...(angle === null ? {} : { angle }) };
    }
    case "polygon":
      return { perimeter: pathLength(closed(points)), area: length(areaVector(points)) };
    case "box": {
      const [lo, hi] = boundsOf(type, points);
      return { volume: (hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]) };
    }
    case "ellipsoid": {
      const [x, y, z] = points[1] ?? ZERO;
      return { volume: (4 / 3) * Math.PI * x * y * z };
    }
  }
}

export function boundsOf(type: Shape, points: Points): Bounds {
  const first = points[0] ?? ZERO;
  if (type === "ellipsoid") {
    const radii = points[1] ?? ZERO;
    return [subtract(first, radii), add(first, radii)];
  }
  let [lo, hi] = [first, first];
  for (const point of points) {
    lo = [Math.min(lo[0], point[0]), Math.min(lo[1], point[1]), Math.min(lo[2], point[2])];
    hi = [Math.max(hi[0], point[0]), Math.max(hi[1], point[1]), Math.max(hi[2], point[2])];
  }
  return [lo, hi];
}

/** Where to look at it. */
export function middleOf(type: Shape, points: Points): Vec3 {
  if (type === "ellipsoid" || type === "point") return points[0] ?? ZERO;
  const [lo, hi] = boundsOf(type, points);
  return scale(add(lo, hi), 0.5);
}

/** Lines through the world that draw a shape; of an ellipsoid, its three main sections. */
export function outlineOf(type: Shape, points: Points): readonly Points[] {
  switch (type) {
    case "point":
      return [];
    case "line":
    case "polyline":
      return [points];
    case "polygon":
      return [closed(points)];
    case "box": {
      const [lo, hi] = boundsOf(type, points);
      const corner = (x: number, y: number, z: number): Vec3 => [
        (x ? hi : lo)[0],
        (y ? hi : lo)[1],
        (z ? hi : lo)[2],
      ];
      const ring = (z: number) => [
        corner(0, 0, z),
        corner(1, 0, z),
        corner(1, 1, z),
        corner(0, 1, z),
        corner(0, 0, z),
      ];
      const posts = [0, 1, 2, 3].map((i) => [ring(0)[i] ?? lo, ring(1)[i] ?? hi]);
      return [ring(0), ring(1), ...posts];
    }
    case "ellipsoid": {
      const [centre = ZERO, radii = ZERO] = points;
      return (
        [
          [0, 1],
          [0, 2],
          [1, 2],
        ] as const
      ).map(([a, b]) =>
        Array.from({ length: 49 }, (_, i) => {
          const around: [number, number, number] = [...centre];
          around[a] += radii[a] * Math.cos((i * Math.PI) / 24);
          around[b] += radii[b] * Math.sin((i * Math.PI) / 24);
          return around;
        }),
      );
    }
  }
}

/** Where a shape can be taken hold of, each to be moved by itself. */
export function handlesOf(type: Shape, points: Points): readonly Vec3[] {
  if (type === "box") {
    const [lo, hi] = boundsOf(type, points);
    const middle = scale(add(lo, hi), 0.5);
    const corners = [lo, hi].flatMap(([x]) =>
      [lo, hi].flatMap(([, y]) => [lo, hi].map(([, , z]): Vec3 => [x, y, z])),
    );
    const faces = [0, 1, 2].flatMap((axis) => [with1(middle, axis, lo), with1(middle, axis, hi)]);
    return [...corners, ...faces];
  }
  if (type === "ellipsoid") {
    const [centre = ZERO, radii = ZERO] = points;
    const ends = [0, 1, 2].flatMap((axis) => [
      with1(centre, axis, subtract(centre, radii)),
      with1(centre, axis, add(centre, radii)),
    ]);
    return [centre, ...ends];
  }
  return points;
}

/** A shape whose handle was taken to another place. */
export function moveHandle(type: Shape, points: Points, handle: number, to: Vec3): Points {
  if (type === "box") {
    const [lo, hi] = boundsOf(type, points);
    const corners = [[...lo], [...hi]] as [number[], number[]];
    const held =
      handle < 8
        ? [0, 1, 2].map((axis) => [axis, (handle >> (2 - axis)) & 1] as const)
        : [[(handle - 8) >> 1, (handle - 8) & 1] as const];
    for (const [axis, side] of held) (corners[side] as number[])[axis] = to[axis] ?? 0;
    return corners as unknown as Points;
  }
  if (type === "ellipsoid") {
    const [centre = ZERO, radii = ZERO] = points;
    if (handle === 0) return [to, radii];
    const axis = (handle - 1) >> 1;
    const radius = Math.abs((to[axis] ?? 0) - (centre[axis] ?? 0));
    return [centre, with1(radii, axis, [radius, radius, radius])].map((p, i) =>
      i === 1 && radius === 0 ? radii : p,
    );
  }
  return points.map((point, i) => (i === handle ? to : point));
}

/** A shape taken elsewhere as a whole. */
export function moveAll(type: Shape, points: Points, by: Vec3): Points {
  return points.map((point, i) => (type === "ellipsoid" && i === 1 ? point : add(point, by)));
}

/** The fewest points that make a shape as it is drawn. */
export const FEWEST: Readonly<Record<Shape, number>> = {
  point: 1,
  line: 2,
  polyline: 2,
  polygon: 3,
  box: 2,
  ellipsoid: 2,
};

/** Is it whole with so many clicks, without an Enter? */
export function isWhole(type: Shape, clicks: number): boolean {
  return type !== "polyline" && type !== "polygon" && clicks >= FEWEST[type];
}

/**
 * The shape that clicks make; `null` where they make none yet.
 *
 * Two clicks in one slice make a box as deep as its shorter side, about that slice; its depth is
 * then dragged in another plane. The second click of an ellipsoid is on its surface: a ball.
 */
export function shapeOf(type: Shape, clicks: Points): Points | null {
  const [a, b] = clicks;
  if (!a || clicks.length < FEWEST[type]) return null;
  if (type === "ellipsoid" && b) {
    const radius = length(subtract(b, a));
    return radius > 0 ? [a, [radius, radius, radius]] : null;
  }
  if (type === "box" && b) {
    const size = subtract(b, a).map(Math.abs);
    const sides = [...size].sort((p, q) => p - q) as [number, number, number];
    if (sides[1] === 0) return null;
    if (sides[0] > sides[2] * 1e-4) return [a, b];
    const flat = size.indexOf(sides[0]);
    const half = with1(ZERO, flat, [sides[1] / 2, sides[1] / 2, sides[1] / 2]);
    return [subtract(a, half), add(b, half)];
  }
  if (type === "line" && b && length(subtract(b, a)) === 0) return null;
  return clicks;
}

const ZERO: Vec3 = [0, 0, 0];

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function length(a: Vec3): number {
  return Math.hypot(...a);
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** A point with one coordinate of another. */
function with1(point: Vec3, axis: number, other: Vec3): Vec3 {
  const [x, y, z] = point.map((value, i) => (i === axis ? (other[i] ?? 0) : value));
  return [x ?? 0, y ?? 0, z ?? 0];
}

function closed(points: Points): Points {
  return points[0] ? [...points, points[0]] : points;
}

function pathLength(points: Points): number {
  return points
    .slice(1)
    .reduce((sum, point, i) => sum + length(subtract(point, points[i] ?? point)), 0);
}

function areaVector(points: Points): Vec3 {
  const first = points[0] ?? ZERO;
  const near = points.map((point) => subtract(point, first));
  const sum = near.reduce<Vec3>(
    (total, point, i) => add(total, cross(point, near[(i + 1) % near.length] ?? ZERO)),
    ZERO,
  );
  return scale(sum, 0.5);
}

function angleAt(a: Vec3 = ZERO, b: Vec3 = ZERO, c: Vec3 = ZERO): number | null {
  const [one, two] = [subtract(a, b), subtract(c, b)];
  if (length(one) === 0 || length(two) === 0) return null;
  const dot = one[0] * two[0] + one[1] * two[1] + one[2] * two[2];
  return (Math.atan2(length(cross(one, two)), dot) * 180) / Math.PI;
}
