import { describe, expect, test } from "vitest";
import { callsOf, largest, placeNames, type Samples } from "./names";

/** A plane drawn with letters, a sample each; a dot is nothing. */
function plane(...lines: string[]): Samples {
  const ids = lines.flatMap((line) => [...line].map((letter) => (letter === "." ? null : letter)));
  return { cols: lines[0]?.length ?? 0, rows: lines.length, step: 10, ids };
}

const size = (text: string) => ({ width: text.length * 8, height: 10 });
const short = (id: string) => [`the ${id}`, id];

test("regions are called by ever shorter names", () => {
  expect(callsOf({ name: "left putamen", acronym: "L.putamen" })).toEqual([
    "left putamen",
    "L.putamen",
    "putamen",
  ]);
  expect(callsOf({ name: "Area 3b, right", acronym: "3b_rh" })).toEqual([
    "Area 3b, right",
    "Area 3b",
    "3b_rh",
    "3b",
  ]);
  expect(callsOf({ name: "Thalamus", acronym: "TH" })).toEqual(["Thalamus", "TH"]);
});

describe("names on a plane", () => {
  test("lie in the middle of their region, as long as there is room", () => {
    const samples = plane(
      ".........",
      ".aaaaaaa.",
      ".aaaaaaa.",
      ".aaaaaaa.",
      ".........",
      "....b....",
    );
    const names = placeNames(samples, short, size);
    expect(names[0]).toMatchObject({ id: "a", text: "the a", y: 25 });
    expect(Math.abs((names[0]?.x ?? 0) - 45)).toBeLessThanOrEqual(20);
    expect(names[1]).toEqual({ id: "b", text: "b", x: 45, y: 55 });
  });

  test("are written on every piece of a region, and not where none fits", () => {
    const samples = plane("aaaaaaaa..aaaaaaaa", "aaaaaaaa.c.aaaaaaa", "aaaaaaaa..aaaaaaaa");
    const names = placeNames(samples, (id) => [id === "c" ? "too long" : "twin"], size);
    expect(names.map(({ text }) => text)).toEqual(["twin", "twin"]);
  });

  test("stay inside, also where the region is bent", () => {
    const samples = plane("aaaaaaaaaa", "a.........", "a.........", "aaaaaaaaaa");
    const names = placeNames(samples, (id) => [id.repeat(6)], size);
    expect(names.length).toBeGreaterThan(0);
    for (const { x, y } of names) {
      expect([5, 35]).toContain(y);
      expect(x).toBeGreaterThanOrEqual(24);
      expect(x).toBeLessThanOrEqual(76);
    }
  });

  test("may reach out of their region by less than half where there is no more room", () => {
    const samples = plane("..........", "...aaaa...", "..........");
    expect(placeNames(samples, () => ["long a"], size)).toMatchObject([{ text: "long a", y: 15 }]);
    expect(placeNames(samples, () => ["far too long"], size)).toEqual([]);
    const beside = plane("bbbbbbbbbb", "bbbaaaabbb", "bbbbbbbbbb");
    const own = placeNames(beside, (id) => [id === "a" ? "long a" : "unfit".repeat(9)], size);
    expect(own).toEqual([]);
  });

  test("never lie over one another", () => {
    const letters = "abcdefgh";
    const lines = Array.from({ length: 24 }, (_, row) =>
      Array.from({ length: 40 }, (_, col) => letters[((row >> 2) * 5 + (col >> 3)) % 8]).join(""),
    );
    const names = placeNames(plane(...lines), (id) => [`region ${id}`, id], size);
    expect(names.length).toBeGreaterThan(10);
    names.forEach((a, i) => {
      for (const b of names.slice(i + 1)) {
        const apart =
          Math.abs(a.x - b.x) * 2 >= size(a.text).width + size(b.text).width ||
          Math.abs(a.y - b.y) * 2 >= 20;
        expect(apart).toBe(true);
      }
    });
  });

  test("of a large plane are placed at once", () => {
    const ids = Array.from(
      { length: 160 * 120 },
      (_, i) => `r${((i % 160) >> 3) + 20 * (i >> 11)}`,
    );
    const begun = performance.now();
    placeNames({ cols: 160, rows: 120, step: 6, ids }, (id) => [id], size);
    expect(performance.now() - begun).toBeLessThan(400);
  });
});

test("what a plane shows is told from the largest on, each once", () => {
  expect(largest(["a", "b", null, "b", "c", "b", "c"])).toEqual(["b", "c", "a"]);
  expect(largest([null])).toEqual([]);
});
