import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const HERE = import.meta.dirname;
const sources = readdirSync(HERE, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"));

function imports(path: string): string[] {
  const code = readFileSync(join(HERE, path), "utf8");
  return [...code.matchAll(/^(?:import|export)[^"]*?"([^"]+)";/gm)].map(([, name]) => name ?? "");
}

test("only the viewer imports Neuroglancer", () => {
  const importers = sources.filter((path) =>
    imports(path).some((name) => name.startsWith("neuroglancer")),
  );
  expect(importers.sort()).toEqual(["viewer/outline.ts", "viewer/viewer.ts"]);
});

test.each(["geometry.ts", "regions.ts", "state.ts", "api.ts"])(
  "%s knows no room of the page",
  (path) => {
    const rooms = imports(path);
    expect(rooms.filter((name) => /ui\/|viewer|app|address/.test(name))).toEqual([]);
  },
);
