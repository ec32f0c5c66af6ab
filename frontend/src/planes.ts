/** Planes laid by hand: across a direction, through three points, along a line; pure. */

import {
  add,
  cross,
  dot,
  multiply,
  normalize,
  type Quat,
  scale,
  turned,
  UPRIGHT,
  type Vec3,
} from "./geometry";
import { PLANES, type SlicePlane } from "./outlook";
import { axesOf, orientationOf } from "./panels";
import { PLANE_TURNS } from "./scene";

/** A plane laid somewhere: which panel shows it, and how the planes are turned for that. */
export interface Laid {
  readonly plane: SlicePlane;
  readonly turn: Quat;
  readonly at: Vec3;
}

/** How the head is held, in degrees: about the axes to the right, to the front and up. */
export interface Angles {
  readonly nod: number;
  readonly lean: number;
  readonly turn: number;
}

const DEGREES = 180 / Math.PI;
/** Shorter than this, in mm, a line has no direction. */
const SHORT = 1e-6;

export function unit(v: Vec3): Vec3 | null {
  const length = Math.hypot(...v);
  return length > SHORT ? scale(v, 1 / length) : null;
}

export function undone([x, y, z, w]: Quat): Quat {
  return [-x, -y, -z, w];
}

/** The shortest turn from one direction to another, both of length 1. */
export function shortest(from: Vec3, to: Vec3): Quat {
  const cosine = dot(from, to);
  if (cosine < -1 + 1e-9) {
    // The other way round, about anything that is across.
    const across = unit(cross(from, Math.abs(from[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
    return across ? [across[0], across[1], across[2], 0] : [0, 0, 0, 1];
  }
  const [x, y, z] = cross(from, to);
  return normalize([x, y, z, 1 + cosine]);
}

/** The turn that has these directions to the right and down, both of length 1 and square. */
export function orientationFrom(right: Vec3, down: Vec3): Quat {
  const [a, b, c] = [right, down, cross(right, down)];
  const trace = a[0] + b[1] + c[2];
  if (trace > 0) return normalize([b[2] - c[1], c[0] - a[2], a[1] - b[0], 1 + trace]);
  if (a[0] > b[1] && a[0] > c[2]) {
    return normalize([1 + a[0] - b[1] - c[2], b[0] + a[1], c[0] + a[2], b[2] - c[1]]);
  }
  if (b[1] > c[2]) {
    return normalize([b[0] + a[1], 1 + b[1] - a[0] - c[2], c[1] + b[2], c[0] - a[2]]);
  }
  return normalize([c[0] + a[2], c[1] + b[2], 1 + c[2] - a[0] - b[1], a[1] - b[0]]);
}

/** How all planes are turned when one of them lies like this. */
export function turnOfAll(plane: SlicePlane, orientation: Quat): Quat {
  return normalize(multiply(orientation, undone(PLANE_TURNS[plane])));
}

/** The upright plane that is least tilted against a normal. */
export function nearest(normal: Vec3): SlicePlane {
  const along = (plane: SlicePlane) =>
    Math.abs(dot(axesOf(orientationOf(plane, UPRIGHT)).normal, normal));
  return PLANES.reduce((best, plane) => (along(plane) > along(best) + 1e-6 ? plane : best));
}

/** Lay a plane across a direction, turned from the upright one as little as can be. */
export function layAcross(direction: Vec3, at: Vec3): Laid | null {
  const normal = unit(direction);
  if (!normal) return null;
  const plane = nearest(normal);
  const own = axesOf(orientationOf(plane, UPRIGHT)).normal;
  // Seen from the side that leaves the subject's left where it is.
  const seen = dot(own, normal) < 0 ? scale(normal, -1) : normal;
  return { plane, turn: multiply(shortest(own, seen), UPRIGHT), at };
}

/**
 * Lay a plane through three points; `null` when they lie on one line.
 *
 * With `rows` they are the picture's corners, top left, top right and bottom left, as the server
 * takes them; else the picture is turned as little as can be.
 */
export function layThrough(a: Vec3, b: Vec3, c: Vec3, rows: boolean): Laid | null {
  const right = unit(minus(b, a));
  if (!right) return null;
  const fallen = minus(c, a);
  const drop = minus(fallen, scale(right, dot(fallen, right)));
  const down = unit(drop);
  if (!down || Math.hypot(...drop) < 1e-6 * Math.hypot(...minus(b, a))) return null;
  const normal = cross(right, down);
  if (!rows) return layAcross(normal, scale(add(a, add(b, c)), 1 / 3));
  const plane = nearest(normal);
  const turn = turnOfAll(plane, orientationFrom(right, down));
  return { plane, turn, at: add(a, scale(add(minus(b, a), drop), 0.5)) };
}

/** How far the planes are turned from upright. */
export function anglesOf(turn: Quat): Angles {
  const q = normalize(multiply(turn, undone(UPRIGHT)));
  const [x, y, z] = [turned(q, [1, 0, 0]), turned(q, [0, 1, 0]), turned(q, [0, 0, 1])];
  const sine = Math.max(-1, Math.min(1, -x[2]));
  // Leaning by a right angle, nodding and turning are the same: all is turning then.
  const square = Math.abs(sine) > 1 - 1e-9;
  const nod = square ? 0 : Math.atan2(y[2], z[2]);
  const turning = square ? Math.atan2(-y[0], y[1]) : Math.atan2(x[1], x[0]);
  return { nod: nod * DEGREES, lean: Math.asin(sine) * DEGREES, turn: turning * DEGREES };
}

/** Nod first, then lean, then turn, each about an axis of the body. */
export function turnFrom({ nod, lean, turn }: Angles): Quat {
  const about = (axis: 0 | 1 | 2, degrees: number): Quat => {
    const half = degrees / DEGREES / 2;
    const q: [number, number, number, number] = [0, 0, 0, Math.cos(half)];
    q[axis] = Math.sin(half);
    return q;
  };
  const all = multiply(about(2, turn), multiply(about(1, lean), about(0, nod)));
  return normalize(multiply(all, UPRIGHT));
}

/** Turn all planes about the middle, about the normal of one of them. */
export function spun(turn: Quat, plane: SlicePlane, degrees: number): Quat {
  const { normal } = axesOf(orientationOf(plane, turn));
  const half = degrees / DEGREES / 2;
  const [x, y, z] = scale(normal, Math.sin(half));
  return normalize(multiply([x, y, z, Math.cos(half)], turn));
}

// ---------------------------------------------------------------- along a line

/** A line with planes across it, turned no more than the line itself bends. */
export interface Track {
  readonly points: readonly Vec3[];
  /** Millimetres along the line, of each point. */
  readonly along: readonly number[];
  readonly tangents: readonly Vec3[];
  readonly turns: readonly Quat[];
  readonly plane: SlicePlane;
}

export function trackOf(line: readonly Vec3[]): Track | null {
  const points = line.filter((point, i) => {
    const before = line[i - 1];
    return !before || Math.hypot(...minus(point, before)) > SHORT;
  });
  if (points.length < 2) return null;
  const along = [0];
  for (let i = 1; i < points.length; i++) {
    const step = Math.hypot(...minus(points[i] as Vec3, points[i - 1] as Vec3));
    along.push((along[i - 1] ?? 0) + step);
  }
  const tangents: Vec3[] = points.map((_, i) => {
    const before = points[Math.max(0, i - 1)] as Vec3;
    const after = points[Math.min(points.length - 1, i + 1)] as Vec3;
    // Where a line turns back on itself it has the direction it came by.
    return unit(minus(after, before)) ?? unit(minus(points[i] as Vec3, before)) ?? [0, 0, 1];
  });
  const first = layAcross(tangents[0] as Vec3, points[0] as Vec3);
  if (!first) return null;
  const turns = [first.turn];
  for (let i = 1; i < points.length; i++) {
    const bend = shortest(tangents[i - 1] as Vec3, tangents[i] as Vec3);
    turns.push(normalize(multiply(bend, turns[i - 1] as Quat)));
  }
  return { points, along, tangents, turns, plane: first.plane };
}

/** The plane across a line, so many millimetres along it. */
export function layAlong({ points, along, tangents, turns, plane }: Track, mm: number): Laid {
  const last = points.length - 1;
  let i = along.findIndex((reached) => reached > mm) - 1;
  if (i < 0) i = mm <= 0 ? 0 : last - 1;
  const length = (along[i + 1] as number) - (along[i] as number);
  const share = Math.min(1, Math.max(0, (mm - (along[i] as number)) / length));
  const [from, to] = [points[i] as Vec3, points[i + 1] as Vec3];
  const at = add(from, scale(minus(to, from), share));
  const [a, b] = [tangents[i] as Vec3, tangents[i + 1] as Vec3];
  const tangent = unit(add(scale(a, 1 - share), scale(b, share))) ?? a;
  return { plane, at, turn: normalize(multiply(shortest(a, tangent), turns[i] as Quat)) };
}

/** Points at most that are read of a line. */
export const MOST_POINTS = 100_000;

/** Read points: a line of text each, three numbers first or in the columns x, y and z. */
export function parseLine(text: string): Vec3[] {
  const rows = text
    .split(/\r?\n/)
    .map((row) =>
      row
        .replace(/[−–]/g, "-")
        .replace(/[[\]()]/g, " ")
        .trim(),
    )
    .filter((row) => row !== "" && !row.startsWith("#"));
  const cells = (row: string) => row.split(/\s*[,;\t]\s*|\s+/);
  const head = cells(rows[0] ?? "").map((name) => name.toLowerCase().replace(/_?mm$/, ""));
  const named = ["x", "y", "z"].map((name) => head.indexOf(name));
  const columns = named.every((column) => column >= 0) ? named : [0, 1, 2];
  return rows.slice(0, MOST_POINTS + 1).flatMap((row) => {
    const all = cells(row);
    const [x, y, z] = columns.map((column) => Number(all[column] || Number.NaN));
    const point: Vec3 = [x ?? Number.NaN, y ?? Number.NaN, z ?? Number.NaN];
    return point.every(Number.isFinite) ? [point] : [];
  });
}

function minus(a: Vec3, b: Vec3): Vec3 {
  return add(a, scale(b, -1));
}
