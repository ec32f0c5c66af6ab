import { expect, test } from "vitest";
import { VIEW } from "./fixtures";
import { distance, placeOn, sayLength } from "./measure";
import { type Axes, layPanels, type Panel } from "./panels";

test("a point is drawn where the panel's plane has it, or straight over that", () => {
  const { camera } = VIEW;
  const panels = layPanels("4panel", camera.turn, { width: 800, height: 600 });
  const coronal = panels.find(({ plane }) => plane === "coronal") as Panel & { axes: Axes };
  // The panel's middle is (200, 450); half a millimetre a pixel; left at the left, superior up.
  expect(placeOn(coronal, camera, camera.at)).toEqual([200, 450]);
  const [x, y] = placeOn(coronal, camera, [-36, 40, 20]);
  expect(x).toBeCloseTo(180, 9);
  expect(y).toBeCloseTo(410, 9);
});

test("lengths are said as people read them", () => {
  expect(distance([1, 2, 3], [4, 6, 15])).toBe(13);
  expect([123.4, 45.67, 0.456, 0.0456, 0.00456].map(sayLength)).toEqual([
    "123 mm",
    "45.7 mm",
    "0.46 mm",
    "46 µm",
    "4.6 µm",
  ]);
});
