import { expect, test } from "vitest";
import { counterparts } from "./counterparts";
import { type Region, RegionTree } from "./regions";

function region(id: string, acronym: string, name: string): Region {
  return {
    id,
    acronym,
    name,
    rgb: [0, 0, 0],
    parent: null,
    path: [id],
    label: null,
    hemisphere: null,
  };
}

const HUMAN = new RegionTree([
  region("1", "Pu", "putamen"),
  region("2", "PT", "planum temporale"),
  region("3", "Th", "Thalamus"),
  region("4", "x", "only here"),
]);
const MOUSE = new RegionTree([
  region("9", "CP-p", "Putamen"),
  region("2", "PTN", "other by the same id"),
  region("7", "PT", "parataenial nucleus"),
  region("3", "Th", "dorsal thalamus"),
]);

test("a region is found by its name, or by id and acronym", () => {
  const { found, lost } = counterparts(HUMAN, MOUSE, ["1", "2", "3", "4", "77"], false);
  expect([...found]).toEqual([
    ["1", "9"],
    ["3", "3"],
  ]);
  expect(lost).toEqual(["planum temporale", "only here", "77"]);
});

test("an acronym alone is enough where asked for", () => {
  expect(counterparts(HUMAN, MOUSE, ["2"], true).found.get("2")).toBe("7");
});

test("without regions everything is lost", () => {
  expect(counterparts(HUMAN, null, ["1"], true).lost).toEqual(["putamen"]);
});
