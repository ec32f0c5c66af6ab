/** The guide names what is on the page: its buttons by their words, its keys by what they do. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KEY_TABLE } from "./keytable";
import { words } from "./words/de";

const guide = readFileSync(
  join(import.meta.dirname, "../../docs/guide-page.md"),
  "utf8",
).replaceAll(/```.*?```/gs, "");

test("every button that the guide names is on the page", () => {
  // A tooltip names the key too: "My views (V)".
  const texts = new Set(
    Object.keys(words).map((text) => text.replace(/ \(\S+\)$/, "").replaceAll(/\{\w+\}/g, "…")),
  );
  const named = [...guide.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(([, name = ""]) =>
    name.replaceAll(/\s+/g, " "),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter((name) => !texts.has(name))).toEqual([]);
});

test("every key that the guide names does something", () => {
  const shown = KEY_TABLE.flatMap(({ shown }) => shown.split(/[\s,]+/));
  const keys = KEY_TABLE.flatMap((row): string[] => [...row.keys]);
  const named = [...guide.matchAll(/`([^\s`]|Shift \+ F10)`/g)].map(([, key = ""]) => key);
  expect(new Set(named).size).toBeGreaterThan(15);
  const known = new Set([...shown, ...keys].map((key) => key.toLowerCase()));
  expect(named.filter((key) => !known.has(key.toLowerCase()))).toEqual([]);
});
