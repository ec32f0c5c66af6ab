import { expect, test } from "vitest";
import type { Atlas } from "./atlas";
import { LABELS, T1 } from "./fixtures";
import { found, offersOf } from "./offers";

function atlas(id: string, species: string | null, parcellations: readonly string[]): Atlas {
  return {
    id,
    name: `Atlas ${id}`,
    species,
    citation: null,
    licence: null,
    space: "mni",
    templates: ["t1"],
    parcellations: parcellations.map((name) => ({
      id: name,
      name: `Parcellation ${name}`,
      labels: "dk",
      hemispheres: null,
      probabilities: null,
    })),
  };
}

const GROUPS = offersOf(
  [
    atlas("a", "Mus musculus", ["x"]),
    atlas("b", null, ["x"]),
    atlas("c", "Homo sapiens", ["p", "q"]),
  ],
  [T1, LABELS, { ...T1, id: "own", name: "Our own" }],
);

test("atlases are grouped by species, and volumes of none stand apart", () => {
  expect(GROUPS.map(({ title, offers }) => [title, offers.map(({ name }) => name)])).toEqual([
    ["Homo sapiens", ["Atlas c"]],
    ["Mus musculus", ["Atlas a"]],
    ["Other atlases", ["Atlas b"]],
    ["Volumes", ["Our own"]],
  ]);
  const parts = GROUPS[0]?.offers[0]?.parts ?? [];
  expect(parts.map(({ data }) => data.parcellation)).toEqual(["p", "q"]);
});

test("all words must be found, in the species too", () => {
  expect(found(GROUPS, "mus a").map(({ title }) => title)).toEqual(["Mus musculus"]);
  const [human] = found(GROUPS, "homo Q");
  expect(human?.offers[0]?.parts.map(({ name }) => name)).toEqual(["Parcellation q"]);
  expect(found(GROUPS, "  ")).toEqual(GROUPS);
  expect(found(GROUPS, "nothing like it")).toEqual([]);
});
