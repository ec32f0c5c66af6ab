import { describe, expect, test } from "vitest";
import { isHidden, toggledHidden } from "./hiding";
import { type Region, RegionTree } from "./regions";

const region = (id: string, parent: string | null): Region => ({
  id,
  parent,
  label: null,
  acronym: id,
  name: id,
  rgb: [0, 0, 0],
  path: [],
  hemisphere: null,
});
const TREE = new RegionTree([
  region("brain", null),
  region("ctx", "brain"),
  region("a", "ctx"),
  region("b", "ctx"),
  region("sub", "brain"),
  region("c", "sub"),
]);

describe("hiding", () => {
  test("a parent hides all below it, and stands for them", () => {
    const hidden = toggledHidden(TREE, ["a"], ["ctx"]);
    expect(hidden).toEqual(["ctx"]);
    expect(isHidden(TREE, new Set(hidden), "b")).toBe(true);
    expect(isHidden(TREE, new Set(hidden), "brain")).toBe(false);
  });

  test("again shows it", () => {
    expect(toggledHidden(TREE, ["ctx", "c"], ["ctx"])).toEqual(["c"]);
  });

  test("showing a part of what is hidden leaves the rest hidden", () => {
    const hidden = toggledHidden(TREE, ["brain"], ["a"]);
    expect([...hidden].sort()).toEqual(["b", "sub"]);
  });

  test("of several the hidden ones stay so until all are", () => {
    expect(toggledHidden(TREE, ["a"], ["a", "b"])).toEqual(["a", "b"]);
    expect(toggledHidden(TREE, ["a", "b"], ["a", "b"])).toEqual([]);
  });
});
