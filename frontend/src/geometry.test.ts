import { describe, expect, test } from "vitest";
import {
  decimalsFor,
  formatPoint,
  multiply,
  parsePoint,
  type Quat,
  roundPoint,
  sameTurn,
  sideOf,
  sidesOf,
  turn,
  UPRIGHT,
  union,
  type Vec3,
  zoomToFit,
} from "./geometry";
import { PLANE_TURNS } from "./scene";

/** Turn a vector by a quaternion, written out from the matrix: a witness of its own. */
function rotate([x, y, z, w]: Quat, [a, b, c]: Vec3): Vec3 {
  return [
    (1 - 2 * (y * y + z * z)) * a + 2 * (x * y - z * w) * b + 2 * (x * z + y * w) * c,
    2 * (x * y + z * w) * a + (1 - 2 * (x * x + z * z)) * b + 2 * (y * z - x * w) * c,
    2 * (x * z - y * w) * a + 2 * (y * z + x * w) * b + (1 - 2 * (x * x + y * y)) * c,
  ];
}

/** What Neuroglancer draws to the right of a panel and below, for its turn relative to the rest. */
function axes(relative: Quat, base: Quat = UPRIGHT): { right: Vec3; down: Vec3 } {
  const q = multiply(base, relative);
  return { right: rotate(q, [1, 0, 0]), down: rotate(q, [0, 1, 0]) };
}

describe("the letters at the edges", () => {
  test.each([
    ["horizontal", PLANE_TURNS.horizontal, "L R A P"],
    ["coronal", PLANE_TURNS.coronal, "L R S I"],
    ["sagittal", PLANE_TURNS.sagittal, "P A S I"],
  ] as const)("say what lies there in the %s plane", (_name, relative, expected) => {
    const { right, down } = axes(relative);
    const { left, right: r, top, bottom } = sidesOf(right, down);
    expect(`${left} ${r} ${top} ${bottom}`).toBe(expected);
  });

  test("follow a plane that is turned half around", () => {
    const { right, down } = axes(PLANE_TURNS.horizontal, multiply(turn([0, 0, 1], 180), UPRIGHT));
    expect(sidesOf(right, down)).toEqual({ left: "R", right: "L", top: "P", bottom: "A" });
  });

  test("are two where a plane is tilted between two sides, the nearer first", () => {
    expect(sideOf([0, 1, 0.7])).toBe("AS");
    expect(sideOf([0, -0.7, 1])).toBe("SP");
    expect(sideOf([0, 1, 0.3])).toBe("A");
  });
});

describe("a typed coordinate", () => {
  test.each([
    ["-26 6 0", [-26, 6, 0]],
    ["-26, 6, 0", [-26, 6, 0]],
    [" −26; 6 ;0 mm ", [-26, 6, 0]],
    ["(-26.5,6,.5)", [-26.5, 6, 0.5]],
    ["[1e1 2 3]", [10, 2, 3]],
    ["x=-26 y=6 z=0", [-26, 6, 0]],
  ])("%s is understood", (text, point) => {
    expect(parsePoint(text)).toEqual(point);
  });

  test.each(["", "putamen", "1 2", "1 2 3 4", "1,2,x", "area 4 5", "1e999 0 0", "--1 2 3"])(
    "%s is none",
    (text) => {
      expect(parsePoint(text)).toBeNull();
    },
  );

  test("comes back from how it is written", () => {
    expect(parsePoint(formatPoint([-26.25, 6, -0], 2))).toEqual([-26.25, 6, 0]);
    expect(formatPoint([-0.04, 0, 1], 1)).toBe("0.0, 0.0, 1.0");
  });
});

test("a quaternion and its negative are the same turn", () => {
  expect(sameTurn([0.5, -0.5, -0.5, 0.5], [-0.5, 0.5, 0.5, -0.5])).toBe(true);
  expect(sameTurn(UPRIGHT, multiply(turn([0, 0, 1], 0.5), UPRIGHT))).toBe(false);
});

test("a point rounded for the address moves by less than a pixel's hundredth", () => {
  for (const zoom of [5, 0.6, 0.02, 0.00013]) {
    const [x] = roundPoint([Math.PI, 0, 0], decimalsFor(zoom));
    expect(Math.abs(x - Math.PI)).toBeLessThanOrEqual(zoom / 100);
  }
});

test("a box fits into the panel at the zoom that is said to fit", () => {
  const bounds = [
    [-98.5, -134.5, -72.5],
    [98.5, 98.5, 116.5],
  ] as const;
  const zoom = zoomToFit(bounds, [{ width: 560, height: 408 }]);
  expect(233 / zoom).toBeLessThanOrEqual(408);
  expect(233 / zoom).toBeGreaterThan(408 * 0.9);
});

test("a union holds both boxes", () => {
  expect(
    union(
      [
        [0, 0, 0],
        [1, 5, 1],
      ],
      [
        [-1, 1, 0],
        [0, 2, 9],
      ],
    ),
  ).toEqual([
    [-1, 0, 0],
    [1, 5, 9],
  ]);
});
