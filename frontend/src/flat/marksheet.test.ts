import { expect, test } from "vitest";
import { made } from "../marks/made";
import { OWN } from "../marks/paint";
import type { PlaneMap } from "../marks/project";
import { tracesOf } from "./marksheet";

/** A horizontal plane at z = 10, half a millimetre a pixel, its middle at (0, 0). */
const MAP: PlaneMap = {
  kind: "plane",
  left: 100,
  top: 0,
  width: 200,
  height: 100,
  centre: [0, 0, 10],
  right: [0.5, 0, 0],
  down: [0, -0.5, 0],
  normal: [0, 0, 0.5],
};

function traces(said: Parameters<typeof made>[1]) {
  const set = { id: "s", marks: [made("m", said)], coloring: OWN, stream: null };
  return tracesOf([set], [MAP]).map(({ line }) => line.map(({ x, y }) => [x, y]));
}

test("a point is a dot where the plane is, and only near it", () => {
  expect(traces({ type: "point", points: [[10, 5, 11]] })).toEqual([[[220, 40]]]);
  expect(traces({ type: "point", points: [[10, 5, 20]] })).toEqual([]);
  expect(traces({ type: "point", points: [[80, 5, 10]] })).toEqual([]);
});

test("of a path the parts near the plane are drawn", () => {
  const path = [
    [0, 0, 10],
    [10, 0, 10],
    [10, 0, 40],
    [20, 0, 40],
    [20, 0, 10],
    [30, 0, 10],
  ] as const;
  expect(traces({ type: "polyline", points: path })).toEqual([
    [
      [200, 50],
      [220, 50],
    ],
    [
      [240, 50],
      [260, 50],
    ],
  ]);
});

test("a polygon is closed", () => {
  const corners = [
    [0, 0, 10],
    [10, 0, 10],
    [0, 10, 10],
  ] as const;
  const [line] = traces({ type: "polygon", points: corners });
  expect(line?.at(-1)).toEqual(line?.[0]);
});
