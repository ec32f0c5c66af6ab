/** A little head that is looked at the way the brain is: lines in space, and their picture; pure. */

import { add, cross, dot, scale, type Vec3 } from "./geometry";
import type { Axes } from "./panels";

/** Lines through points of the body: x right, y to the front, z up; the head is about 2 high. */
export interface Shape {
  readonly lines: readonly (readonly Vec3[])[];
}

/** A closed line through the points of a profile, at a share of the head's width. */
type Profile = readonly (readonly [number, number])[];

// From the nape over the crown to the chin: y to the front, z up.
const HUMAN: Profile = [
  [-0.5, -1.0],
  [-0.55, -0.62],
  [-0.82, -0.3],
  [-0.92, 0.12],
  [-0.8, 0.56],
  [-0.45, 0.88],
  [0, 0.98],
  [0.45, 0.88],
  [0.76, 0.56],
  [0.84, 0.2],
  [0.8, 0.06],
  [0.92, -0.14],
  [1.02, -0.26],
  [0.86, -0.34],
  [0.88, -0.5],
  [0.82, -0.6],
  [0.84, -0.78],
  [0.62, -0.9],
  [0.25, -0.78],
  [0.12, -1.0],
];

// A snout, flat from the nose to the nape, as of a mouse.
const ANIMAL: Profile = [
  [-1.0, -0.36],
  [-1.0, 0.1],
  [-0.72, 0.42],
  [-0.3, 0.52],
  [0.16, 0.44],
  [0.66, 0.16],
  [1.12, -0.08],
  [1.2, -0.2],
  [1.08, -0.32],
  [0.62, -0.4],
  [0.2, -0.48],
  [-0.4, -0.46],
];

function midline(profile: Profile, open: boolean): Vec3[] {
  const line = profile.map(([y, z]): Vec3 => [0, y, z]);
  const [first] = line;
  return open || !first ? line : [...line, first];
}

/** An ellipse about a point, in the plane of two half axes. */
function ellipse(centre: Vec3, a: Vec3, b: Vec3, count = 28): Vec3[] {
  return Array.from({ length: count + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    return add(centre, add(scale(a, Math.cos(angle)), scale(b, Math.sin(angle))));
  });
}

const sides = <T>(make: (side: 1 | -1) => T): T[] => [make(-1), make(1)];

export const HEADS: Readonly<Record<"human" | "animal", Shape>> = {
  human: {
    lines: [
      midline(HUMAN, true),
      // The brow, the crown from ear to ear, the ears and the eyes.
      ellipse([0, -0.04, 0.2], [0.68, 0, 0], [0, 0.88, 0]),
      ellipse([0, -0.06, 0.1], [0.7, 0, 0], [0, 0, 0.88]),
      ...sides((x) => ellipse([0.72 * x, -0.1, -0.08], [0.06 * x, 0.12, 0], [0, 0, 0.2], 12)),
      ...sides((x) => ellipse([0.28 * x, 0.78, 0.0], [0.11, 0, 0], [0, 0, 0.05], 10)),
    ],
  },
  animal: {
    lines: [
      midline(ANIMAL, false),
      ellipse([0, -0.3, 0.02], [0.56, 0, 0], [0, 0, 0.5]),
      ellipse([0, 0.5, -0.1], [0.32, 0, 0], [0, 0, 0.32], 20),
      ...sides((x) => ellipse([0.5 * x, -0.5, 0.5], [0.26, 0, 0], [0, 0, 0.3], 16)),
      ...sides((x) => ellipse([0.3 * x, 0.42, 0.14], [0, 0.07, 0], [0, 0, 0.07], 8)),
    ],
  },
};

/** The head of a species; `null` for one that is not named, whose head nobody knows. */
export function headOf(species: string | null): Shape | null {
  if (species === null || species.trim() === "") return null;
  return /homo sapiens|human/i.test(species) ? HEADS.human : HEADS.animal;
}

/** A line as the picture has it: x to its right, y down. */
export interface Stroke {
  readonly points: readonly (readonly [number, number])[];
  /** On the side away from the viewer. */
  readonly far: boolean;
}

/** Look at a shape along a plane's normal: what is far is told from what is near. */
export function look({ lines }: Shape, { right, down }: Axes): Stroke[] {
  const away = cross(right, down);
  return lines.flatMap((line) => {
    const strokes: Stroke[] = [];
    let points: (readonly [number, number])[] = [];
    let far: boolean | null = null;
    line.forEach((point, i) => {
      const next = line[i + 1];
      points.push([dot(point, right), dot(point, down)]);
      const behind: boolean = dot(next ? scale(add(point, next), 0.5) : point, away) > 0.02;
      if (far === null) far = behind;
      else if (behind !== far || !next) {
        strokes.push({ points, far });
        points = points.slice(-1);
        far = behind;
      }
    });
    return strokes;
  });
}
