import { describe, expect, it } from "vitest";
import { receiverOf } from "./drops";

describe("whom a dropped file is meant for", () => {
  it.each([
    ["cells.csv", false, "points"],
    ["CELLS.TSV", false, "points"],
    ["cells.txt", true, "marks"],
    ["a.b.csv", true, "marks"],
    ["marks.json", false, "marks"],
    ["brain.nii.gz", true, "nobody"],
    ["csv", false, "nobody"],
    ["", false, "nobody"],
  ] as const)("%s, at annotations %s: %s", (name, marking, receiver) => {
    expect(receiverOf(name, marking)).toBe(receiver);
  });
});
