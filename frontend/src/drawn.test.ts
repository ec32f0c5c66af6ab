import { describe, expect, test } from "vitest";
import { type Drawn, type Dress, drawnOf, drawnWithout, MOST_SOLIDS, UNDRESSED } from "./drawn";
import { type Region, RegionTree } from "./regions";
import { STYLE, type Style } from "./state";

function region(
  id: number,
  parent: number | null,
  label: bigint | null,
  hemisphere: Region["hemisphere"] = null,
): Region {
  return {
    id: String(id),
    parent: parent === null ? null : String(parent),
    label,
    acronym: `R${id}`,
    name: `Region ${id}`,
    rgb: [id % 256, 0, 0],
    path: [],
    hemisphere,
  };
}

const TREE = new RegionTree([
  region(100, null, null),
  region(101, 100, null),
  region(1, 101, 1n, "left"),
  region(2, 101, 2n, "right"),
  region(102, 100, 5n), // has voxels of its own and a part
  region(3, 102, 3n),
  region(4, 100, 4n), // is in the table alone
]);
const VOXELS = new Map([
  ["100", 60],
  ["101", 30],
  ["1", 10],
  ["2", 20],
  ["102", 30],
  ["3", 12],
  ["4", 0],
]);
const DRESS: Dress = { ...UNDRESSED, voxels: VOXELS };

function drawn(style: Partial<Style>, dress: Dress = DRESS): Drawn {
  return drawnOf(TREE, { ...STYLE, ...style }, dress);
}

function shown(found: Drawn): (string | null)[] {
  return [1n, 2n, 3n, 4n, 5n].map((label) => found.regions.get(label)?.id ?? null);
}

/** Which values the engine draws as one, as sets. */
function groups({ joined }: Drawn): string[] {
  return joined.map((labels) => [...labels].sort().join("+")).sort();
}

const segments = ({ solids }: Drawn) => solids.map(({ segment }) => Number(segment)).sort();

describe("what is drawn", () => {
  test("is every region itself when nothing is chosen", () => {
    const all = drawn({});
    expect(shown(all)).toEqual(["1", "2", "3", "4", "102"]);
    expect(all.joined).toEqual([]);
    expect(all.full).toBeNull();
    expect(all.colors.get(2n)).toBe("#020000");
    expect(all.solids).toEqual([]);
  });

  test("is the ancestor where the tree is cut, in its colour", () => {
    const cut = drawn({ depth: 1 });
    expect(shown(cut)).toEqual(["101", "101", "102", "4", "102"]);
    expect(groups(cut)).toEqual(["1+2", "3+5"]);
    // The engine knows a group by its least value.
    expect(cut.colors.get(1n)).toBe("#650000");
    expect(cut.colors.has(2n)).toBe(false);
  });

  test("leaves out what is hidden, with all below it", () => {
    const found = drawn({ hidden: ["101"] });
    expect(shown(found)).toEqual([null, null, "3", "4", "102"]);
    expect(groups(found)).toEqual(["0+1+2"]);
  });

  test("is what is selected alone when that is isolated", () => {
    const found = drawn({ selected: ["102"], isolate: true });
    expect(shown(found)).toEqual([null, null, "3", null, "102"]);
    expect(new Set(found.full)).toEqual(new Set([3n, 5n]));
  });

  test("is strong only where a region that is drawn as one is selected", () => {
    const found = drawn({ selected: ["1"], depth: 1 });
    expect(found.full).toEqual([1n]);
    expect(groups(found)).toEqual(["3+5"]);
    expect(found.colors.get(2n)).toBe("#650000");
  });

  test("keeps one side, and what is of neither, where the table tells sides", () => {
    const dress: Dress = { ...DRESS, sided: "regions" };
    expect(shown(drawn({ side: "left" }, dress))).toEqual(["1", null, "3", "4", "102"]);
    // Where a volume tells them, the labels themselves are of one side.
    expect(shown(drawn({ side: "left" }, { ...DRESS, sided: "volume" }))).not.toContain(null);
  });

  test("has the nearest colour that was chosen, else the palette's, else its own", () => {
    const palette = new Map([["3", [0, 0, 9] as const]]);
    const found = drawn({ colors: { "100": "#00ff00", "1": "#0000ff" } }, { ...DRESS, palette });
    expect([1n, 2n, 3n].map((label) => found.colors.get(label))).toEqual([
      "#0000ff",
      "#00ff00",
      "#00ff00",
    ]);
    expect(drawn({}, { ...DRESS, palette }).colors.get(3n)).toBe("#000009");
  });
});

describe("surfaces", () => {
  test("are of what is selected, in its colours, and of nothing without voxels", () => {
    const found = drawn({ selected: ["100"] });
    expect(segments(found)).toEqual([1, 2, 3, 5]);
    expect(found.solidColors.get(2n)).toBe("#020000");
  });

  test("are one where a grouping region is drawn whole, and its parts where it is not", () => {
    expect(segments(drawn({ selected: ["101"], depth: 1 }))).toEqual([101]);
    expect(segments(drawn({ selected: ["101"], depth: 1, hidden: ["1"] }))).toEqual([2]);
    // The segment of a labelled parent is its own voxels alone.
    const parts = drawn({ selected: ["102"], depth: 1 });
    expect(segments(parts)).toEqual([3, 5]);
    expect(new Set(parts.solidColors.values())).toEqual(new Set(["#660000"]));
  });

  test("are all where nothing is selected, if so chosen, or none", () => {
    expect(segments(drawn({ solids: "all" }))).toEqual([1, 2, 3, 5]);
    expect(segments(drawn({ solids: "all", selected: ["2"] }))).toEqual([2]);
    expect(segments(drawn({ solids: "none", selected: ["2"] }))).toEqual([]);
    expect(segments(drawn({ selected: ["2"] }, UNDRESSED))).toEqual([]);
  });

  test("are the largest, so many that they turn smoothly, and the rest is told", () => {
    const many = Array.from({ length: 350 }, (_, i) => region(1000 + i, null, BigInt(1000 + i)));
    const voxels = new Map(many.map(({ id }, i) => [id, i + 1]));
    const found = drawnOf(new RegionTree(many), { ...STYLE, solids: "all" }, { ...DRESS, voxels });
    expect(found.solids).toHaveLength(MOST_SOLIDS);
    expect(found.solids[0]?.region).toBe("1349");
    expect(found.leftOut).toBe(50);
  });

  test("are joined higher in the tree rather than left out", () => {
    const top = region(5000, null, null);
    const areas = Array.from({ length: 20 }, (_, i) => region(6000 + i, 5000, null));
    const parts = Array.from({ length: 400 }, (_, i) => {
      return region(1000 + i, 6000 + (i % 20), BigInt(1000 + i));
    });
    const all = [top, ...areas, ...parts];
    const found = drawnOf(
      new RegionTree(all),
      { ...STYLE, solids: "all" },
      { ...DRESS, voxels: new Map(all.map(({ id }) => [id, 1])) },
    );
    expect(found.joinedAt).toBe(1);
    expect(found.leftOut).toBe(0);
    expect(found.solids.map(({ segment }) => Number(segment)).sort()).toEqual(
      areas.map(({ id }) => Number(id)),
    );
    // The planes are drawn as deep as before.
    expect(found.regions.get(1000n)?.id).toBe("1000");
  });

  test("of the outside are those of the topmost regions", () => {
    expect(drawn({}).shell).toEqual([100n]);
  });
});

test("labels without a table are chosen by their values", () => {
  const found = drawnWithout({ ...STYLE, selected: ["7", "x"], hidden: ["9"] });
  expect(found.full).toEqual([7n]);
  expect(found.joined).toEqual([[0n, 9n]]);
});
