/** Points, planes and numbers of the world: millimetres, RAS+ (x right, y anterior, z superior). */

export type Vec3 = readonly [number, number, number];
export type Quat = readonly [number, number, number, number];
export type Bounds = readonly [Vec3, Vec3];

/** The orientation in which all three planes are drawn in neurological convention. */
export const UPRIGHT: Quat = [1, 0, 0, 0];

export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function scale(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function centre([lo, hi]: Bounds): Vec3 {
  return scale(add(lo, hi), 0.5);
}

export function extent([lo, hi]: Bounds): Vec3 {
  return [Math.abs(hi[0] - lo[0]), Math.abs(hi[1] - lo[1]), Math.abs(hi[2] - lo[2])];
}

export function union(a: Bounds, b: Bounds): Bounds {
  const pick = (f: (...n: number[]) => number, i: 0 | 1): Vec3 => [
    f(a[i][0], b[i][0]),
    f(a[i][1], b[i][1]),
    f(a[i][2], b[i][2]),
  ];
  return [pick(Math.min, 0), pick(Math.max, 1)];
}

export function normalize(q: Quat): Quat {
  const length = Math.hypot(...q);
  return length > 0 ? [q[0] / length, q[1] / length, q[2] / length, q[3] / length] : UPRIGHT;
}

/** Read a quaternion out of a list of numbers. */
export function quat(values: ArrayLike<number>): Quat {
  return [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0, values[3] ?? 1];
}

/** The product of two quaternions: turn by `b` first, then by `a`. */
export function multiply(a: Quat, b: Quat): Quat {
  const [ax, ay, az, aw] = a;
  const [bx, by, bz, bw] = b;
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

/** A direction turned by a quaternion of length 1. */
export function turned(q: Quat, [x, y, z]: Vec3): Vec3 {
  const [a, b, c] = multiply(multiply(q, [x, y, z, 0]), [-q[0], -q[1], -q[2], q[3]]);
  return [a, b, c];
}

/** Are two orientations the same turn? A quaternion and its negative are. */
export function sameTurn(a: Quat, b: Quat): boolean {
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  return Math.abs(dot) / (Math.hypot(...a) * Math.hypot(...b)) > 1 - 1e-7;
}

/** A quaternion for a turn of `degrees` about an axis. */
export function turn(axis: Vec3, degrees: number): Quat {
  const half = (degrees * Math.PI) / 360;
  const [x, y, z] = scale(axis, Math.sin(half) / Math.hypot(...axis));
  return [x, y, z, Math.cos(half)];
}

const AXES = [
  ["L", "R"],
  ["P", "A"],
  ["I", "S"],
] as const;

/** From this share of a direction on, an axis is named beside the main one. */
const NAMED_FROM = Math.sin((22.5 * Math.PI) / 180);

/**
 * Name the side of the body that a direction points to: "A", or "AS" where the plane is tilted so
 * far that one letter would lie.
 */
export function sideOf(direction: Vec3): string {
  const length = Math.hypot(...direction);
  return AXES.map(([low, high], i) => {
    const share = (direction[i] ?? 0) / length;
    return { letter: share < 0 ? low : high, size: Math.abs(share) };
  })
    .filter(({ size }) => size > NAMED_FROM)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join("");
}

export interface Sides {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/** The letters at the four edges of a panel, from what lies to its right and below, in mm. */
export function sidesOf(right: Vec3, down: Vec3): Sides {
  return {
    left: sideOf(scale(right, -1)),
    right: sideOf(right),
    top: sideOf(scale(down, -1)),
    bottom: sideOf(down),
  };
}

/** Millimetres a pixel at which a box fits, with a margin, into every panel of these sizes. */
export function zoomToFit(
  bounds: Bounds,
  panels: readonly { readonly width: number; readonly height: number }[],
  margin = 1.05,
): number {
  // Any plane may be shown in any panel: the largest of the extents must fit both ways.
  const [x, y, z] = extent(bounds);
  const planes = [
    [x, y],
    [x, z],
    [y, z],
  ] as const;
  let zoom = 0;
  for (const { width, height } of panels) {
    for (const [across, down] of planes) {
      zoom = Math.max(zoom, across / Math.max(width, 50), down / Math.max(height, 50));
    }
  }
  return significant((zoom || 1) * margin, 4);
}

/** Round to so many significant digits. */
export function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

/** Decimals of a millimetre that are finer than a hundredth of a pixel. */
export function decimalsFor(zoom: number): number {
  return Math.min(7, Math.max(2, 2 - Math.floor(Math.log10(zoom))));
}

/** Decimals of a millimetre worth reading at a zoom. */
export function decimalsToRead(zoom: number): number {
  return Math.min(4, Math.max(1, Math.ceil(-Math.log10(zoom))));
}

export function roundPoint(point: Vec3, decimals: number): Vec3 {
  const round = (value: number) => Number(value.toFixed(decimals)) + 0;
  return [round(point[0]), round(point[1]), round(point[2])];
}

/** Write a coordinate for people: "−26.0, 6.0, 0.0" with a plain minus, so that it pastes. */
export function formatPoint(point: Vec3, decimals = 1): string {
  return point.map((value) => (Number(value.toFixed(decimals)) + 0).toFixed(decimals)).join(", ");
}

/**
 * Read a coordinate as people write it: "-26 6 0", "−26, 6, 0 mm", "(-26; 6; 0)", "x=-26 y=6 z=0".
 * `null` when the text is anything else.
 */
export function parsePoint(text: string): Vec3 | null {
  const plain = text
    .trim()
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/^[[(]|[\])]$/g, "")
    .replace(/\s*mm\.?\s*$/i, "")
    .replace(/\b([xyz])\s*[=:]\s*/gi, " ")
    .trim();
  const parts = plain.split(/\s*[,;]\s*|\s+/);
  if (parts.length !== 3) return null;
  if (!parts.every((part) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part))) return null;
  const [x, y, z] = parts.map(Number) as [number, number, number];
  return [x, y, z].every(Number.isFinite) ? [x, y, z] : null;
}
