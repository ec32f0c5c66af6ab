import { expect, test } from "vitest";
import { T1 } from "./fixtures";
import type { Vec3 } from "./geometry";
import { fieldOf, minisOf, placeIn, pointIn } from "./outlook";
import { axesOf, orientationOf } from "./panels";

const at: Vec3 = [-26, 6, 40];

test("a place in a small plane and its point lead back to each other, as deep as one is", () => {
  for (const mini of minisOf(T1.bounds, at, 90)) {
    const point = pointIn(mini, 12, -20, at);
    expect(placeIn(mini, point)).toEqual([expect.closeTo(12, 9), expect.closeTo(-20, 9)]);
    const normal = { horizontal: 2, coronal: 1, sagittal: 0 }[mini.plane];
    expect(point[normal]).toBeCloseTo(at[normal] ?? 0, 9);
  }
});

test("the brain fills the small planes, left at the left and up at the top", () => {
  const minis = minisOf(T1.bounds, at, 90);
  for (const mini of minis) {
    for (const corner of T1.bounds) {
      const [x, y] = placeIn(mini, corner);
      expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(45 * 0.94 + 1e-9);
    }
  }
  const [horizontal, coronal, sagittal] = minis;
  expect(horizontal && placeIn(horizontal, at)[0]).toBeLessThan(0);
  expect(coronal && placeIn(coronal, at)[1]).toBeLessThan(0);
  expect(sagittal && placeIn(sagittal, at)[0]).toBeGreaterThan(0);
});

test("the field of view is as wide as the panel, and lies in its plane", () => {
  const axes = axesOf(orientationOf("coronal", [0.8, 0, 0.6, 0]));
  const panel = { plane: "coronal", left: 0, top: 0, width: 400, height: 300, sides: null, axes };
  const corners = fieldOf(panel as Parameters<typeof fieldOf>[0], at, 0.25);
  const far = (a?: Vec3, b?: Vec3) => Math.hypot(...(a ?? at).map((v, i) => v - (b?.[i] ?? 0)));
  expect(far(corners[0], corners[1])).toBeCloseTo(100, 6);
  expect(far(corners[1], corners[2])).toBeCloseTo(75, 6);
  expect(far(corners[0], corners[2])).toBeCloseTo(125, 6);
});
