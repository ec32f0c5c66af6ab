import { describe, expect, test } from "vitest";
import { type Region, RegionTree } from "./regions";

function region(id: string, parent: string | null, label: bigint | null = null): Region {
  return {
    id,
    parent,
    label,
    acronym: id,
    name: `Region ${id}`,
    rgb: [1, 2, 255],
    path: [],
    hemisphere: null,
  };
}

const TREE = new RegionTree([
  region("brain", null),
  region("ctx", "brain"),
  region("a", "ctx", 1n),
  region("b", "ctx", 18446744073709551615n),
  region("sub", "brain", 3n),
  region("deep", "sub", 4n),
  region("lost", "not here", 5n),
]);

describe("the tree of regions", () => {
  test("gives a parent the labels of everything below it, and its own", () => {
    expect(TREE.labelsOf(["ctx"])).toHaveLength(2);
    expect(new Set(TREE.labelsOf(["brain"]))).toEqual(new Set([1n, 18446744073709551615n, 3n, 4n]));
    expect(TREE.labelsOf(["sub", "deep"])).toEqual(expect.arrayContaining([3n, 4n]));
    expect(TREE.labelsOf(["sub", "deep"])).toHaveLength(2);
  });

  test("finds a region by the value of its voxels", () => {
    expect(TREE.withLabel(18446744073709551615n)?.id).toBe("b");
    expect(TREE.withLabel(99n)).toBeUndefined();
  });

  test("shows a region whose parent is missing at the top", () => {
    expect(TREE.childrenOf(null).map(({ id }) => id)).toEqual(["brain", "lost"]);
  });

  test("names ancestors from the root", () => {
    const deep = TREE.get("deep");
    expect(deep && TREE.ancestorsOf(deep).map(({ id }) => id)).toEqual(["brain", "sub"]);
  });

  test("lists the rows that are open, counted as a screen reader reads them", () => {
    const rows = TREE.rows(new Set(["brain", "ctx", "a"]));
    expect(rows.map(({ region: { id }, depth }) => `${depth} ${id}`)).toEqual([
      "0 brain",
      "1 ctx",
      "2 a",
      "2 b",
      "1 sub",
      "0 lost",
    ]);
    expect(rows[3]).toMatchObject({ position: 2, siblings: 2, expandable: false, expanded: false });
    expect(rows[4]).toMatchObject({ position: 2, siblings: 2, expandable: true, expanded: false });
  });

  test("filters by all words, accents and case aside, and keeps what leads there", () => {
    const tree = new RegionTree([
      { ...region("1", null), name: "Cortex" },
      { ...region("2", "1"), name: "Área visual primária", acronym: "VISp" },
      { ...region("3", "1"), name: "Auditory area", acronym: "AUD" },
    ]);
    const rows = (text: string) =>
      tree.rows(new Set(), tree.filtered(text)).map((r) => r.region.id);
    expect(rows("visual area")).toEqual(["1", "2"]);
    expect(rows("visP")).toEqual(["1", "2"]);
    expect(rows("area")).toEqual(["1", "2", "3"]);
    expect(rows("cortex")).toEqual(["1"]);
    expect(rows("nothing")).toEqual([]);
    expect(tree.rows(new Set(), tree.filtered("cortex"))[0]).toMatchObject({ expandable: false });
  });

  test("survives a circle in the data", () => {
    const circle = new RegionTree([region("x", "y", 1n), region("y", "x", 2n)]);
    const x = circle.get("x");
    expect(circle.labelsOf(["x"])).toHaveLength(2);
    expect(x && circle.ancestorsOf(x).length).toBeLessThanOrEqual(2);
  });

  test("is cut at a depth", () => {
    const cut = (id: string, depth: number | null) => {
      const region = TREE.get(id);
      return region && TREE.cut(region, depth).id;
    };
    expect([0, 1, 2, 9, null].map((depth) => cut("deep", depth))).toEqual([
      "brain",
      "sub",
      "deep",
      "deep",
      "deep",
    ]);
    expect(cut("lost", 1)).toBe("lost");
    expect(TREE.deepest).toBe(2);
  });

  test("knows under which segment a surface lies", () => {
    const tree = new RegionTree([
      region("1", null),
      region("2", "1"),
      region("7", "2", 1n),
      region("8", "2", 9n),
    ]);
    const segment = (id: string) => {
      const found = tree.get(id);
      return found && tree.segmentOf(found);
    };
    // 1 is the label of 7 already; 2 only groups.
    expect(["1", "2", "7", "8"].map(segment)).toEqual([null, 2n, 1n, 9n]);
    expect(tree.withSegment(2n)?.id).toBe("2");
    expect(tree.withSegment(9n)?.id).toBe("8");
  });
});
