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

test("only the room viewer/ imports Neuroglancer", () => {
  const importers = sources.filter((path) =>
    imports(path).some((name) => name.startsWith("neuroglancer")),
  );
  expect(importers).toContain("viewer/viewer.ts");
  expect(importers.filter((path) => !path.startsWith("viewer/"))).toEqual([]);
});

test.each(["geometry.ts", "regions.ts", "state.ts", "link.ts", "scene.ts", "api.ts"])(
  "%s knows no room of the page",
  (path) => {
    const rooms = imports(path);
    expect(rooms.filter((name) => /ui\/|viewer|app|address/.test(name))).toEqual([]);
  },
);
