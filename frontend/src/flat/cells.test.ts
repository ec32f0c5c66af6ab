import { expect, test } from "vitest";
import { cellsOf, type Index, readCell, readIndex } from "./cells";
import { slabOf } from "./streams";

const INDEX: Index = {
  low: [-64, -64, 0],
  numbers: ["size"],
  levels: [
    { key: "coarse", counts: [1, 1, 1], size: [128, 128, 128], limit: 256 },
    { key: "fine", counts: [2, 2, 2], size: [64, 64, 64], limit: 512 },
  ],
};

test("the index is read out of what Neuroglancer reads", () => {
  const info = {
    lower_bound: [-64, -64, 0],
    properties: [
      { id: "region", type: "uint32" },
      { id: "size", type: "float32" },
      { id: "color", type: "rgb" },
    ],
    spatial: INDEX.levels.map(({ key, counts, size, limit }) => ({
      key,
      grid_shape: counts,
      chunk_size: size,
      limit,
    })),
  };
  expect(readIndex(info)).toEqual(INDEX);
});

test("cells are taken where the plane is, until there is enough", () => {
  const coarse = 256 / 128 ** 3;
  const slab = { low: [-10, -10, 70], high: [-5, 20, 75], density: coarse / 2 } as const;
  expect(cellsOf(INDEX, slab)).toEqual([{ address: "coarse/0_0_0", share: 0.5 }]);
  const more = cellsOf(INDEX, { ...slab, density: coarse + 512 / 64 ** 3 / 4 });
  expect(more.map(({ address }) => address)).toEqual(["coarse/0_0_0", "fine/0_0_1", "fine/0_1_1"]);
  expect(more.map(({ share }) => share)).toEqual([1, 0.25, 0.25]);
  const away = { low: [500, 0, 0], high: [501, 1, 1], density: 1 } as const;
  expect(cellsOf(INDEX, away)).toEqual([]);
});

test("a slab holds what a plane shows and what is near it", () => {
  const slab = slabOf(
    {
      kind: "plane",
      left: 0,
      top: 0,
      width: 200,
      height: 100,
      centre: [1, 2, 3],
      right: [0.5, 0, 0],
      down: [0, -0.5, 0],
      normal: [0, 0, 0.5],
    },
    8,
  );
  expect(slab.low).toEqual([-49, -23, -1]);
  expect(slab.high).toEqual([51, 27, 7]);
  // One in a square of 12 pixels of 0.5 mm, 8 mm deep.
  expect(slab.density).toBeCloseTo(1 / (6 * 6 * 8));
});

test("a cell is read as it is encoded", () => {
  const record = (view: DataView, at: number, floats: readonly number[]) => {
    floats.forEach((value, i) => {
      view.setFloat32(at + 4 * i, value, true);
    });
    const rest = at + 4 * floats.length;
    view.setUint32(rest, 37, true);
    view.setFloat32(rest + 4, 2.5, true);
    [10, 20, 30].forEach((value, i) => {
      view.setUint8(rest + 8 + i, value);
    });
    return rest + 12;
  };
  const told = { region: 37, numbers: [2.5], rgb: [10, 20, 30] };
  const points = new DataView(new ArrayBuffer(8 + 2 * 24 + 16));
  points.setBigUint64(0, 2n, true);
  const next = record(points, record(points, 8, [1, 2, 3]), [4, 5, 6]);
  points.setBigUint64(next, 7n, true);
  points.setBigUint64(next + 8, 9n, true);
  expect(readCell(points.buffer, "point", 1)).toEqual([
    { place: 7, points: [[1, 2, 3]], ...told },
    { place: 9, points: [[4, 5, 6]], ...told },
  ]);
  const path = new DataView(new ArrayBuffer(8 + 4 + 24 + 12 + 8));
  path.setBigUint64(0, 1n, true);
  path.setUint32(8, 2, true);
  path.setBigUint64(record(path, 12, [1, 2, 3, 4, 5, 6]), 3n, true);
  const line = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  expect(readCell(path.buffer, "polyline", 1)).toEqual([{ place: 3, points: line, ...told }]);
});
