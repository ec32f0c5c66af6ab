import { describe, expect, test } from "vitest";
import { T1 } from "./fixtures";
import type { Vec3 } from "./geometry";
import { drawnVoxel, mainAxis, reach, sliceOf, stepAlong, stepsTo, upward } from "./slices";

const half = Math.SQRT1_2;
const levels: Vec3[] = [
  [0.02, 0.02, 0.05],
  [0.04, 0.04, 0.05],
  [0.08, 0.08, 0.1],
];

describe("the level that is drawn", () => {
  const at = (zoom: number) => drawnVoxel({ voxelSize: [0.02, 0.02, 0.05], levels }, zoom);

  test("is the coarsest whose voxels are no larger than a pixel", () => {
    expect(at(1)).toEqual(levels[2]);
    expect(at(0.1)).toEqual(levels[2]);
    expect(at(0.05)).toEqual(levels[1]);
    expect(at(0.02)).toEqual(levels[0]);
  });

  test("is the finest, however near one comes", () => {
    expect(at(0.0001)).toEqual(levels[0]);
    expect(drawnVoxel({ voxelSize: [1, 1, 1], levels: [] }, 0.1)).toEqual([1, 1, 1]);
  });
});

test("a step is a voxel along an axis, and the same any way where voxels are cubes", () => {
  expect(stepAlong([0.02, 0.02, 0.05], [0, 0, -1])).toBeCloseTo(0.05, 12);
  expect(stepAlong([0.3, 0.3, 0.3], [half, 0, half])).toBeCloseTo(0.3, 12);
  expect(stepAlong([1, 1, 3], [half, 0, half])).toBeGreaterThan(1);
  expect(stepAlong([1, 1, 3], [half, 0, half])).toBeLessThan(3);
});

test("slices are counted to the right, the front and the top", () => {
  expect(upward([0, 0, -1])).toEqual([0, 0, 1]);
  expect(upward([0, -1, 0])).toEqual([0, 1, 0]);
  expect(upward([0.8, 0, -0.6])).toEqual([0.8, 0, -0.6]);
  expect(mainAxis([half, half - 1e-9, 0])).toBe(0);
  expect(mainAxis([half - 1e-9, half, 0])).toBe(0);
});

test("the reach of a box is that of its corners", () => {
  const direction: Vec3 = [0.48, -0.6, 0.64];
  const [lo, hi] = T1.bounds;
  const along = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
    [0, 1, 2].reduce((sum, i) => {
      const corner = (bits >> i) & 1 ? hi : lo;
      return sum + (corner[i] ?? 0) * (direction[i] ?? 0);
    }, 0),
  );
  const [first, last] = reach(T1.bounds, direction);
  expect(first).toBeCloseTo(Math.min(...along), 9);
  expect(last).toBeCloseTo(Math.max(...along), 9);
});

test("a strip moves by whole slices", () => {
  const slice = sliceOf([0, 0, -1], [3, 4, 5], T1.bounds, [1, 1, 1]);
  expect(slice).toMatchObject({
    direction: [0, 0, 1],
    here: 5,
    first: -72.5,
    last: 116.5,
    step: 1,
  });
  expect(stepsTo(slice, 0)).toBe(-77);
  expect(stepsTo(slice, 1)).toBe(112);
  expect(stepsTo(slice, (5.3 + 72.5) / 189)).toBe(0);
});
