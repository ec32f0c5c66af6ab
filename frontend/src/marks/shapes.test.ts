import { describe, expect, test } from "vitest";
import type { Vec3 } from "../geometry";
import {
  boundsOf,
  handlesOf,
  measuresOf,
  middleOf,
  moveAll,
  moveHandle,
  outlineOf,
  type Points,
  SHAPES,
  type Shape,
  shapeOf,
} from "./shapes";

const ABOVE: Vec3 = [0, 0, 1];
const SAMPLES: Readonly<Record<Shape, Points>> = {
  point: [[1, 2, 3]],
  line: [
    [0, 0, 0],
    [3, 4, 12],
  ],
  polyline: [
    [2, 0, 0],
    [0, 0, 0],
    [0, 3, 0],
  ],
  // A square on its edge, so that no coordinate is that of its plane.
  polygon: [
    [1, 1, 0],
    [-1, 1, 2],
    [-1, -1, 2],
    [1, -1, 0],
  ],
  box: [
    [1, 5, -1],
    [-1, 2, 3],
  ],
  ellipsoid: [
    [10, 0, 0],
    [1, 2, 3],
  ],
};

describe("what is measured", () => {
  test("is what geometry says", () => {
    expect(measuresOf("line", SAMPLES.line)).toEqual({ length: 13 });
    expect(measuresOf("polyline", SAMPLES.polyline)).toEqual({ length: 5, angle: 90 });
    expect(measuresOf("polygon", SAMPLES.polygon).area).toBeCloseTo(2 * Math.hypot(2, 2));
    expect(measuresOf("polygon", SAMPLES.polygon).perimeter).toBeCloseTo(
      2 * (2 + Math.hypot(2, 2)),
    );
    expect(measuresOf("box", SAMPLES.box)).toEqual({ volume: 2 * 3 * 4 });
    expect(measuresOf("ellipsoid", SAMPLES.ellipsoid).volume).toBeCloseTo(8 * Math.PI);
    expect(measuresOf("point", SAMPLES.point)).toEqual({});
  });

  test("has no angle where two points are one", () => {
    const points: Points = [ABOVE, ABOVE, [1, 0, 0]];
    expect(measuresOf("polyline", points)).toEqual({ length: Math.SQRT2 });
  });
});

describe.each(SHAPES)("a %s", (type) => {
  const points = SAMPLES[type];

  test("is drawn within its bounds", () => {
    const [lo, hi] = boundsOf(type, points);
    for (const point of [...outlineOf(type, points).flat(), ...handlesOf(type, points)]) {
      point.forEach((value, axis) => {
        expect(value).toBeGreaterThanOrEqual((lo[axis] ?? 0) - 1e-9);
        expect(value).toBeLessThanOrEqual((hi[axis] ?? 0) + 1e-9);
      });
    }
    middleOf(type, points).forEach((value, axis) => {
      expect(value).toBeGreaterThanOrEqual((lo[axis] ?? 0) - 1e-9);
    });
  });

  test("follows a handle that is moved, and only there", () => {
    handlesOf(type, points).forEach((handle, i) => {
      const to: Vec3 = [handle[0] + 0.25, handle[1] + 0.25, handle[2] + 0.25];
      const after = moveHandle(type, points, i, to);
      const now = handlesOf(type, after)[i] as Vec3;
      // A face of a box and a pole of an ellipsoid go along their own axis alone.
      const moved = now.map((value, axis) => value - (handle[axis] ?? 0)).filter((d) => d !== 0);
      expect(moved.length).toBeGreaterThan(0);
      for (const by of moved) expect(Math.abs(by)).toBeCloseTo(0.25);
    });
  });

  test("keeps its size when it is moved as a whole", () => {
    const after = moveAll(type, points, [5, -6, 7]);
    for (const [name, value] of Object.entries(measuresOf(type, points))) {
      expect(measuresOf(type, after)).toHaveProperty(name, expect.closeTo(value, 9));
    }
    const [a, b] = [middleOf(type, points), middleOf(type, after)];
    expect(b.map((value, i) => value - (a[i] ?? 0))).toEqual(
      [5, -6, 7].map((v) => expect.closeTo(v)),
    );
  });
});

describe("clicks make", () => {
  test("a box as deep as its shorter side, where both are in one slice", () => {
    const box = shapeOf("box", [
      [0, 0, 7],
      [10, -4, 7],
    ]) as Points;
    expect(boundsOf("box", box)).toEqual([
      [0, -4, 5],
      [10, 0, 9],
    ]);
  });

  test("the very box, where they are in two planes", () => {
    const clicks: Points = [
      [0, 0, 7],
      [10, -4, 3],
    ];
    expect(shapeOf("box", clicks)).toEqual(clicks);
  });

  test("a ball that reaches the second", () => {
    const ball = shapeOf("ellipsoid", [
      [1, 1, 1],
      [1, 4, 5],
    ]);
    expect(ball).toEqual([
      [1, 1, 1],
      [5, 5, 5],
    ]);
  });

  test("nothing that has no size", () => {
    const twice: Points = [ABOVE, ABOVE];
    for (const type of ["line", "box", "ellipsoid"] as const) {
      expect(shapeOf(type, twice)).toBeNull();
    }
    expect(shapeOf("polygon", twice)).toBeNull();
    expect(shapeOf("point", [])).toBeNull();
  });
});
