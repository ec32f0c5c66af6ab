import { describe, expect, test } from "vitest";
import { CONTENT, made } from "./made";
import {
  dropped,
  type Edit,
  enqueued,
  keptMine,
  nextOf,
  type Op,
  settled,
  tried,
  troubled,
  withOps,
} from "./queue";

const AT = "2026-11-25T00:00:00Z";
const EDIT: Edit = {
  set: "s",
  item: "a",
  kind: "update",
  content: CONTENT,
  base: 3,
  author: "Ada",
};
let names = 0;

function add(ops: readonly Op[], said: Partial<Edit>): readonly Op[] {
  names += 1;
  return enqueued(ops, { ...EDIT, ...said }, `once${names}`, AT);
}

const named = (label: string) => ({ ...CONTENT, label });
const labels = (ops: readonly Op[]) => ops.map(({ kind, content }) => [kind, content?.label]);

describe("an edit that was never sent", () => {
  test("takes in the next one of the same annotation", () => {
    let ops = add([], { item: "~x", kind: "create", base: null });
    const [{ once } = { once: "" }] = ops;
    ops = add(ops, { item: "~x", content: named("one"), base: null });
    ops = add(ops, { item: "~x", content: named("two"), base: null });
    expect(labels(ops)).toEqual([["create", "two"]]);
    expect(ops[0]?.once).toBe(once);
    expect(add(ops, { item: "~x", kind: "delete", content: null })).toEqual([]);
  });

  test("keeps the revision that it was made on", () => {
    let ops = add([], { content: named("one"), base: 3 });
    ops = add(ops, { content: named("two"), base: 4 });
    expect(ops.map(({ base }) => base)).toEqual([3]);
    ops = add(ops, { kind: "delete", content: null, base: 4 });
    expect(ops.map(({ kind, base }) => [kind, base])).toEqual([["delete", 3]]);
    expect(add(ops, { kind: "restore", base: 4 })).toEqual([]);
  });

  test("leaves those of other annotations and sets alone", () => {
    let ops = add([], { item: "a" });
    ops = add(ops, { item: "b" });
    ops = add(ops, { item: "a", set: "other" });
    expect(ops.map(({ n }) => n)).toEqual([1, 2, 3]);
  });
});

describe("an edit that may have been sent", () => {
  const sent = () => {
    const ops = add([], { item: "~x", kind: "create", base: null });
    return tried(ops, ops[0]?.n ?? 0);
  };

  test("stays as it is, and the next waits for its answer", () => {
    const ops = add(sent(), { item: "~x", content: named("later"), base: null });
    expect(labels(ops)).toEqual([
      ["create", ""],
      ["update", "later"],
    ]);
    expect(nextOf(ops)).toBe(ops[0]);
  });

  test("tells the ones that wait their id and revision", () => {
    let ops = add(sent(), { item: "~x", content: named("later"), base: null });
    ops = add(ops, { item: "b" });
    ops = settled(ops, 1, { item: "id1", revision: 1 });
    expect(ops.map(({ item, base }) => [item, base])).toEqual([
      ["id1", 1],
      ["b", 3],
    ]);
    // An answer that comes twice changes nothing.
    expect(settled(ops, 1, { item: "id1", revision: 1 })).toBe(ops);
  });
});

describe("an edit that was not taken", () => {
  const theirs = made("a", { revision: 5, label: "theirs" });
  const conflict = (found = theirs as typeof theirs | null) =>
    troubled(tried(add([], { content: named("mine") }), 1), 1, {
      kind: "conflict",
      theirs: found,
      why: "",
    });

  test("lets the others pass, but none of the same annotation", () => {
    let ops = conflict();
    expect(nextOf(ops)).toBeNull();
    ops = add(ops, { item: "b" });
    expect(nextOf(ops)?.item).toBe("b");
    ops = add(ops, { content: named("again"), base: 3 });
    expect(ops.filter(({ item }) => item === "a")).toHaveLength(1);
    expect(ops.find(({ item }) => item === "a")).toMatchObject({
      content: { label: "again" },
      base: 3,
      trouble: { kind: "conflict" },
    });
  });

  test("is sent on top of theirs when mine is kept", () => {
    const [op] = keptMine(conflict(), 1, "fresh");
    expect(op).toMatchObject({ base: 5, once: "fresh", tried: false, trouble: null });
  });

  test("is made anew when they deleted it and mine is kept", () => {
    const [op] = keptMine(conflict(null), 1, "fresh");
    expect(op).toMatchObject({ kind: "create", item: "~fresh", base: null });
  });

  test("is gone with all that was built on it when theirs is taken", () => {
    const ops = add(conflict(), { item: "b" });
    expect(dropped(ops, 1).map(({ item }) => item)).toEqual(["b"]);
  });
});

test("what waits is seen already", () => {
  const marks = new Map([
    ["a", made("a", { region: { id: "1", acronym: "R", name: "Region", ancestors: [] } })],
    ["b", made("b")],
  ]);
  let ops = add([], { item: "a", content: named("named") });
  ops = add(ops, { item: "b", kind: "delete", content: null });
  ops = add(ops, { item: "~c", kind: "create", content: named("new"), base: null });
  ops = add(ops, { item: "d", set: "other" });
  const seen = withOps(marks, ops, "s");
  expect([...seen.values()].map(({ id, label }) => [id, label])).toEqual([
    ["a", "named"],
    ["~c", "new"],
  ]);
  // Its place is the same, and so is its region.
  expect(seen.get("a")?.region?.id).toBe("1");
  const moved = add([], { item: "a", content: { ...CONTENT, points: [[9, 9, 9]] } });
  expect(withOps(marks, moved, "s").get("a")?.region).toBeNull();
  expect(withOps(marks, ops, "none")).toBe(marks);
});

test("what the server tells before it answers is seen once", () => {
  const marks = new Map([
    ["a", made("a", { label: "new", seq: 1 })],
    ["b", made("b", { label: "new", seq: 2 })],
    ["c", made("c", { label: "other", seq: 3 })],
  ]);
  let ops = add([], { item: "~c", kind: "create", content: named("new"), base: null });
  const ids = () => [...withOps(marks, ops, "s").keys()];
  // Nobody can have heard of what was never sent.
  expect(ids()).toEqual(["a", "b", "c", "~c"]);
  ops = tried(ops, 1);
  expect(ids()).toEqual(["a", "c", "~c"]);
  ops = settled(ops, 1, { item: "b", revision: 1 });
  expect(ids()).toEqual(["a", "b", "c"]);
});
