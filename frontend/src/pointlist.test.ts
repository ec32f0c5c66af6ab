import { describe, expect, test } from "vitest";
import { type Checked, checkPoints, pointOf, readTable, writeTable } from "./pointlist";

function checked(text: string): Checked {
  const found = checkPoints(readTable(text));
  if (typeof found === "string") throw new Error(found);
  return found;
}

describe("a table", () => {
  test.each([
    ["name,x,y,z\nA,1,2,3\n", ","],
    ["name\tx\ty\tz\r\nA\t1\t2\t3\r\n", "\t"],
    ["\uFEFFname;x;y;z\nA;1;2;3", ";"],
  ])("is read with any mark between its columns: %j", (text, delimiter) => {
    expect(readTable(text)).toEqual({
      delimiter,
      head: ["name", "x", "y", "z"],
      rows: [["A", "1", "2", "3"]],
    });
  });

  test("keeps what stands in quotes, and comes back as it was", () => {
    const text = 'name,x,y,z\n"a, ""b""\nc",1,2,3\n,4,5,6\n';
    const table = readTable(text);
    expect(table.rows).toEqual([
      ['a, "b"\nc', "1", "2", "3"],
      ["", "4", "5", "6"],
    ]);
    expect(writeTable(table, table.rows)).toBe(text);
  });

  test("of a hundred thousand rows is read at once", () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => `p${i},${i % 90},-${i % 70},0.5`);
    const begun = performance.now();
    const { good } = checked(`name,x,y,z\n${rows.join("\n")}\n`);
    expect(good).toHaveLength(100_000);
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe("points", () => {
  test("are found by what their columns are called", () => {
    expect(checked("MNI_x,MNI_y,MNI_z\n1,2,3\n").columns).toEqual([0, 1, 2]);
    expect(checked("z (mm), Y ,x_mm\n1,2,3\n").columns).toEqual([2, 1, 0]);
    expect(checkPoints(readTable("a,b,c\n1,2,3\n"))).toMatch("must name the columns x, y and z");
    expect(checkPoints(readTable(""))).toMatch("must name the columns");
  });

  test("without a place are told by their line, in words, and the others are used", () => {
    const { good, flaws } = checked(
      "name,x,y,z\nA,1,2,3\nB,1,abc,3\nC,1,2,\nD,1e2,-.5,+3\nE,1,2,3,4\n",
    );
    expect(good).toEqual([0, 3]);
    expect(flaws).toEqual([
      { line: 3, text: "y is “abc”, which is not a number" },
      { line: 4, text: "z is missing" },
      { line: 6, text: "it has 5 columns, and the first line names 4" },
    ]);
  });

  test("are read out of their row", () => {
    expect(pointOf(["A", "1", "-2.5", "3e1"], [1, 2, 3])).toEqual([1, -2.5, 30]);
    expect(pointOf(["A", "", "2", "3"], [1, 2, 3])).toBeNull();
  });
});
