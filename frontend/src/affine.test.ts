import { describe, expect, test } from "vitest";
import {
  type Affine,
  applied,
  carried,
  IDENTITY,
  inverse,
  isIdentity,
  scaleOf,
  turnOf,
} from "./affine";
import { VIEW } from "./fixtures";
import { sameTurn, turn, turned, type Vec3 } from "./geometry";

/** Lancaster et al. 2007, MNI to Talairach. */
const LANCASTER: Affine = [
  [0.9357, 0.0029, -0.0072, -1.0423],
  [-0.0065, 0.9396, -0.0726, -1.394],
  [0.0103, 0.0752, 0.8967, 3.6475],
];

function rotation(axis: Vec3, degrees: number, size = 1): Affine {
  const q = turn(axis, degrees);
  const columns = (
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ] as Vec3[]
  ).map((v) => turned(q, v));
  return [0, 1, 2].map((i) => [...columns.map((c) => (c[i] ?? 0) * size), i + 1]);
}

function near(a: readonly number[], b: readonly number[], digits = 9): void {
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i] ?? Number.NaN, digits);
}

describe("an affine map", () => {
  test("leads there and back", () => {
    for (const matrix of [LANCASTER, rotation([1, 2, 3], 77, 2.5), IDENTITY]) {
      for (const point of [
        [-26, 6, 0],
        [1, -2, 300],
      ] as Vec3[]) {
        near(applied(inverse(matrix), applied(matrix, point)), point);
      }
    }
    near(applied(LANCASTER, [-26, 6, 0]), [-25.3531, 4.4126, 3.8309]);
    expect(isIdentity(IDENTITY)).toBe(true);
    expect(isIdentity(LANCASTER)).toBe(false);
  });

  test("has a turn and a size", () => {
    for (const [axis, degrees] of [
      [[1, 2, 3], 77],
      [[0, 0, 1], 180],
      [[1, 0, 0], 179.9],
      [[0, 1, 0], -90],
      [[3, -1, 1], 1e-5],
    ] as [Vec3, number][]) {
      const matrix = rotation(axis, degrees, 0.4);
      expect(sameTurn(turnOf(matrix), turn(axis, degrees))).toBe(true);
      expect(scaleOf(matrix)).toBeCloseTo(0.4, 12);
    }
    // about four and a half degrees, nose up
    const [x, y, z, w] = turnOf(LANCASTER);
    expect((2 * Math.acos(Math.abs(w)) * 180) / Math.PI).toBeCloseTo(4.61, 1);
    expect(Math.abs(x)).toBeGreaterThan(5 * Math.hypot(y, z));
  });

  test("that mirrors still has a turn", () => {
    const mirror: Affine = [
      [-1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ];
    expect(sameTurn(turnOf(mirror), [0, 0, 0, 1])).toBe(true);
  });

  test("carries a camera", () => {
    const matrix = rotation([0, 0, 1], 90, 2);
    const there = carried(VIEW.camera, matrix);
    near(there.at, [-2 * 6 + 1, 2 * -26 + 2, 3]);
    expect(there.zoom).toBeCloseTo(1, 12);
    expect(there.zoom3d).toBeCloseTo(600, 9);
    // what lay to the right in the planes lies in front now
    near(turned(there.turn, [1, 0, 0]), [0, 1, 0]);
    expect(carried(VIEW.camera, IDENTITY)).toBe(VIEW.camera);
  });
});
