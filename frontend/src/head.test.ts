import { describe, expect, test } from "vitest";
import { UPRIGHT } from "./geometry";
import { HEADS, headOf, look, type Stroke } from "./head";
import { axesOf, orientationOf } from "./panels";

const seen = (plane: "horizontal" | "coronal" | "sagittal"): Stroke[] =>
  look(HEADS.human, axesOf(orientationOf(plane, UPRIGHT)));

/** The span of some lines, to the right and down. */
function span(strokes: readonly Stroke[]) {
  const all = strokes.flatMap(({ points }) => points);
  const of = (i: 0 | 1) => all.map((point) => point[i]);
  return { right: Math.max(...of(0)), left: Math.min(...of(0)), top: Math.min(...of(1)) };
}

describe("the little head", () => {
  test("looks to the right in the sagittal plane, where anterior is", () => {
    const { right, left } = span(seen("sagittal"));
    expect(right).toBeCloseTo(1.02);
    expect(left).toBeGreaterThan(-1);
  });

  test("has its nose up in the horizontal plane, and both sides alike", () => {
    const { right, left, top } = span(seen("horizontal"));
    expect(top).toBeCloseTo(-1.02);
    expect(right).toBeCloseTo(-left);
  });

  test("is seen from behind in the coronal plane: the eyes are on the far side", () => {
    const eyes = seen("coronal").filter(({ points }) =>
      points.every(([x, y]) => Math.abs(Math.abs(x) - 0.28) < 0.12 && Math.abs(y) < 0.06),
    );
    expect(eyes).toHaveLength(2);
    expect(eyes.every(({ far }) => far)).toBe(true);
  });
});

test("a species that is not named has no head", () => {
  expect(headOf("Homo sapiens")).toBe(HEADS.human);
  expect(headOf("Mus musculus")).toBe(HEADS.animal);
  expect(headOf(null)).toBeNull();
  expect(headOf("")).toBeNull();
});
