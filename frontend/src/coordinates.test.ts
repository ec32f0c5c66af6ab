import { expect, test } from "vitest";
import { choicesOf, read, write } from "./coordinates";
import { T1 } from "./fixtures";
import type { Frame } from "./whereabouts";

const SHIFTED: Frame = {
  id: "ac-pc",
  name: "AC-PC",
  own: true,
  matrix: [
    [1, 0, 0, 1],
    [0, 1, 0, -2],
    [0, 0, 1, 5],
  ],
  by: "somebody 2020",
  accuracy: "1 mm",
};
const SAME: Frame = {
  ...SHIFTED,
  id: "space:other",
  matrix: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ],
};

test("there is a choice of what differs, each with its source", () => {
  const choices = choicesOf("mni", T1, [SHIFTED, SAME]);
  expect(choices.map(({ id }) => id)).toEqual([null, "voxel", "ac-pc"]);
  expect(choices[2]?.about).toBe("AC-PC. somebody 2020. 1 mm");
  expect(choicesOf(null, null, []).map(({ id }) => id)).toEqual([null]);
});

test("what is written is read again as the same place", () => {
  const [plain, voxel, acpc] = choicesOf("mni", T1, [SHIFTED]);
  if (!plain || !voxel || !acpc) throw new Error("choices are missing");
  expect(write(plain, [-26, 6, 0], 1)).toBe("-26.0, 6.0, 0.0");
  expect(write(voxel, [-26, 6, 0], 3)).toBe("72.0, 140.0, 72.0");
  expect(write(acpc, [-26, 6, 0], 0)).toBe("-25, 4, 5");
  for (const choice of [plain, voxel, acpc]) {
    expect(read(choice, write(choice, [-26, 6, 0], 4))).toEqual([-26, 6, 0]);
    expect(read(choice, "nowhere")).toBeNull();
  }
});
