import { describe, expect, test } from "vitest";
import {
  barOf,
  firstScale,
  fits,
  MOST_PIXELS,
  partsOf,
  placeText,
  rowOf,
  type Shown,
  sizeOf,
  wrapped,
} from "./figure";
import { UPRIGHT, type Vec3 } from "./geometry";
import { axesOf, orientationOf } from "./panels";
import { layAcross } from "./planes";

const shown = (orientation = orientationOf("coronal", UPRIGHT)): Shown => ({
  at: [-26, 6, 0],
  orientation,
  zoom: 0.5,
  width: 640,
  height: 333.4,
});

describe("the parts of a figure", () => {
  const laid = layAcross([0.3, 0.5, 0.81], [0, 0, 0]);
  const figure = shown(orientationOf("horizontal", laid?.turn ?? UPRIGHT));
  const axes = axesOf(figure.orientation);
  const parts = partsOf(figure, 8, axes);
  const [width, height] = sizeOf(figure, 8);

  test("cover it, each pixel once", () => {
    expect([width, height]).toEqual([5120, 2667]);
    const area = parts.reduce((sum, { cut }) => sum + cut.width * cut.height, 0);
    expect(area).toBe(width * height);
    expect(Math.max(...parts.flatMap(({ cut }) => [cut.width, cut.height]))).toBeLessThanOrEqual(
      2048,
    );
  });

  test("lie on one grid: a pixel is where the whole has it", () => {
    const mm = 0.5 / 8;
    // The server puts the picture's middle at the centre, between pixels or on one.
    const pixelIn = (centre: Vec3, w: number, h: number, col: number, row: number) =>
      centre.map(
        (value, i) =>
          value +
          (axes.right[i] ?? 0) * (col - (w - 1) / 2) * mm +
          (axes.down[i] ?? 0) * (row - (h - 1) / 2) * mm,
      );
    for (const { left, top, cut } of parts) {
      for (const [col, row] of [
        [0, 0],
        [cut.width - 1, cut.height - 1],
      ] as const) {
        const here = pixelIn(cut.center, cut.width, cut.height, col, row);
        const whole = pixelIn(figure.at, width, height, left + col, top + row);
        expect(here).toEqual(whole.map((v) => expect.closeTo(v, 9)));
      }
    }
  });
});

test("what no browser can keep is not offered", () => {
  const large = { ...shown(), width: 1600, height: 1000 };
  expect(fits([large], 4)).toBe(true);
  expect(fits([large], 8)).toBe(false);
  expect(fits([large, large, large], 2)).toBe(true);
  expect(fits([large, large, large], 4)).toBe(false);
  expect(1600 * 8 * 1000 * 8).toBeGreaterThan(MOST_PIXELS);
});

test("a scale bar is round, and as long as it says", () => {
  for (const [mmPerPixel, width, text] of [
    [0.5, 640, "50 mm"],
    [0.0625, 5120, "50 mm"],
    [0.02, 800, "2 mm"],
    [0.001, 600, "100 µm"],
    [2e-6, 600, "200 nm"],
  ] as const) {
    const bar = barOf(mmPerPixel, width);
    expect(bar.text).toBe(text);
    expect(bar.pixels * mmPerPixel).toBeCloseTo(bar.mm, 12);
    expect(bar.pixels).toBeLessThanOrEqual(width / 4);
    expect(bar.pixels).toBeGreaterThan(width / 10);
  }
});

test("pictures stand in a row, a gap apart", () => {
  const sizes = [
    [640, 300],
    [500, 410],
    [640, 300],
  ] as const;
  expect(rowOf(sizes, 2)).toEqual({ lefts: [0, 656, 1172], width: 1812, height: 410 });
  expect(rowOf([[640, 300]], 4)).toEqual({ lefts: [0], width: 640, height: 300 });
});

test("a figure says where it lies", () => {
  const lying = (plane: Shown) => ({ shown: plane, axes: axesOf(plane.orientation) });
  const coronal = lying(shown());
  expect(placeText([coronal], "MNI152")).toBe("y = 6 mm · 0.5 mm / px · MNI152");
  const sagittal = lying(shown(orientationOf("sagittal", UPRIGHT)));
  expect(placeText([coronal, sagittal], "")).toBe("y = 6 mm · x = -26 mm · 0.5 mm / px");
  const tilted = shown(orientationOf("coronal", [0.9, 0.1, 0.2, 0.3741657]));
  expect(placeText([lying(tilted)], "")).toMatch(
    /^centre -26\.00, 6\.00, 0\.00 mm, right \(.+\), down \(.+\) · 0\.5 mm \/ px$/,
  );
});

test("long words are cut into lines", () => {
  const nine = (line: string) => line.length <= 9;
  expect(wrapped("one two  three four", nine)).toEqual(["one two", "three", "four"]);
  expect(wrapped("see http://host/#v=1", nine)).toEqual(["see", "http://ho", "st/#v=1"]);
  expect(wrapped("", nine)).toEqual([]);
  // A line is as long as it is wide, and something always fits.
  expect(wrapped("iiiiWW", (line) => line.length + line.split("W").length - 1 <= 5)).toEqual([
    "iiii",
    "WW",
  ]);
  expect(wrapped("ab", () => false)).toEqual(["a", "b"]);
});

test("a figure is offered as large as a slide needs it, where it can be had", () => {
  const wide = (scale: number) => 480 * scale;
  expect(firstScale([1, 2, 4, 8], wide)).toBe(4);
  expect(firstScale([1, 2], wide)).toBe(2);
  expect(firstScale([1, 2, 4, 8], (scale) => 1700 * scale)).toBe(1);
});
