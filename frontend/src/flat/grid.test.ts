import { expect, test } from "vitest";
import { T1 } from "../fixtures";
import { dot } from "../geometry";
import { type FlatPlane, gridOf, pointOn, sliceAt } from "./grid";

test.each([
  ["horizontal", [-98.5, -98.5], [197, 233], 72 + 10],
  ["coronal", [-98.5, -116.5], [197, 189], 134 + 6],
  ["sagittal", [-134.5, -116.5], [233, 189], 98 - 26],
] as const)("%s slices lie where the server draws them", (plane, corner, size, slice) => {
  const grid = gridOf(T1, plane as FlatPlane);
  expect([grid.left, grid.top]).toEqual(corner);
  expect([grid.width, grid.height]).toEqual(size);
  const point = [-26, 6, 10] as const;
  expect(sliceAt(grid, point)).toBe(slice);
  const back = pointOn(grid, dot(grid.right, point), dot(grid.down, point), point);
  expect(back).toEqual(point);
  expect(sliceAt(grid, [1e4, 1e4, 1e4])).toBe(grid.slices - 1);
  expect(sliceAt(grid, [-1e4, -1e4, -1e4])).toBe(0);
});

test("a volume that lies askew is drawn along its own axes", () => {
  const affine = [
    [0, -2, 0, 5],
    [3, 0, 0, 6],
    [0, 0, 1, 7],
    [0, 0, 0, 1],
  ];
  const grid = gridOf({ affine, shape: [10, 20, 30] }, "horizontal");
  expect(grid.right).toEqual([0, 1, 0]);
  expect(grid.down.map((v) => v + 0)).toEqual([1, 0, 0]);
  expect([grid.left, grid.width, grid.top, grid.height]).toEqual([4.5, 30, 5 - 19.5 * 2, 40]);
  expect(grid.square).toBe(false);
});
