import { expect, test } from "vitest";
import { Keyring } from "./keyring";

/** A storage of its own; with `full`, one that keeps nothing more. */
function storage(full = false): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    key: (i) => [...kept.keys()][i] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    removeItem: (name) => void kept.delete(name),
    setItem: (name, value) => {
      if (full) throw new DOMException("full", "QuotaExceededError");
      kept.set(name, value);
    },
  };
}

const AT = new URL("http://h/a/");

test("keeps keys by what they open, the newest first", () => {
  const shelf = storage();
  const ring = new Keyring(AT, () => shelf);
  ring.keep("k1", ["a"]);
  ring.keep("k2", ["b", "c"]);
  ring.keep("k1", ["d", "a"]);
  expect(ring.all()).toEqual([
    { key: "k1", views: ["a", "d"] },
    { key: "k2", views: ["b", "c"] },
  ]);
  expect(new Keyring(AT, () => shelf).keyOf("c")).toBe("k2");
  expect(ring.keyOf("nothing")).toBeNull();
  ring.forget("b");
  expect(ring.keyOf("c")).toBe("k2");
  ring.forget("c");
  expect(ring.all().map(({ key }) => key)).toEqual(["k1"]);
  expect(new Keyring(new URL("http://h/b/"), () => shelf).all()).toEqual([]);
});

test("what is no keyring is left alone, and what cannot be kept lasts as long as the page", () => {
  const shelf = storage();
  shelf.setItem("atlasview:keys:/a/", '[{"key":5},null,{"key":"k","views":["a"]}]');
  expect(new Keyring(AT, () => shelf).all()).toEqual([{ key: "k", views: ["a"] }]);
  const denied = new Keyring(AT, () => {
    throw new DOMException("no", "SecurityError");
  });
  denied.keep("k1", ["a"]);
  expect(denied.keyOf("a")).toBe("k1");
  expect(denied.lasting).toBe(false);
});
