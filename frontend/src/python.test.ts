import { describe, expect, test } from "vitest";
import { LABELS, T1, VIEW } from "./fixtures";
import { multiply, turn, UPRIGHT } from "./geometry";
import { boxInView, pythonFor } from "./python";

const MAP = { width: 800, height: 600 };

describe("the box in view", () => {
  test("is what the panels show, inside the volume", () => {
    const [lo, hi] = boxInView(VIEW, T1.bounds, T1.voxelSize, MAP) ?? [];
    // Panels of 400 × 300 at 0.5 mm a pixel: 200 × 150 mm about (-26, 6, 0).
    const rounded = (point?: readonly number[]) => point?.map((v) => Number(v.toFixed(6)));
    expect(rounded(lo)).toEqual([-98.499, -94, -72.499]);
    expect(rounded(hi)).toEqual([74, 98.499, 75]);
  });

  test("of one plane is as thin as a voxel, wherever the plane is", () => {
    const flat = { ...VIEW, style: { ...VIEW.style, layout: "coronal" as const } };
    const [lo, hi] = boxInView(flat, T1.bounds, T1.voxelSize, MAP) ?? [];
    expect([lo?.[1], hi?.[1]]).toEqual([6, 6]);
    const tilted = { ...flat.camera, turn: multiply(turn([1, 0, 0], 45), UPRIGHT) };
    const box = boxInView({ ...flat, camera: tilted }, T1.bounds, T1.voxelSize, MAP);
    expect(box?.[1][1]).toBeGreaterThan(50);
  });

  test("is nothing outside the volume, and all of it in 3D", () => {
    const away = { ...VIEW, camera: { ...VIEW.camera, at: [0, 0, 5000] as const } };
    const flat = { ...away, style: { ...VIEW.style, layout: "horizontal" as const } };
    expect(boxInView(flat, T1.bounds, T1.voxelSize, MAP)).toBeNull();
    const solid = { ...away, style: { ...VIEW.style, layout: "3d" as const } };
    expect(boxInView(solid, T1.bounds, T1.voxelSize, MAP)?.[0]).toEqual([
      -98.499, -134.499, -72.499,
    ]);
  });
});

test("names with quotes stay names", () => {
  const view = {
    ...VIEW,
    data: { ...VIEW.data, atlas: 'a"b' },
    style: { ...VIEW.style, selected: ['x"); import os #'] },
  };
  const scene = { image: { ...T1, id: "t\\1" }, labels: LABELS, colors: {}, surfaces: false };
  const program = pythonFor(view, scene, MAP, "http://h/", "k3j");
  expect(program).toContain(String.raw`client.volume("t\\1")`);
  expect(program).toContain(String.raw`client.region("a\"b", region`);
  expect(program).toContain(String.raw`["x\"); import os #"]`);
});
