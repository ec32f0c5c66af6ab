import { expect, test } from "vitest";
import { type Frame, inFrame } from "./whereabouts";

test("a frame turns and shifts as its matrix says", () => {
  const frame: Frame = {
    id: "ac-pc",
    name: "AC-PC",
    own: true,
    matrix: [
      [0, -1, 0, 5],
      [1, 0, 0, -2],
      [0, 0, 2, 0.5],
    ],
    by: "",
    accuracy: "",
  };
  expect(inFrame(frame, [10, 20, 30])).toEqual([-15, 8, 60.5]);
});
