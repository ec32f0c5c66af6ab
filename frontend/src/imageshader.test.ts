import { expect, test } from "vitest";
import { COLORMAPS, imageShader, isColormap } from "./imageshader";

test("are the shaders that the server writes for any Neuroglancer", async () => {
  const shaders = Object.fromEntries(
    ["gray", "viridis", "RdBu", "ff8800"].map((name) => [name, imageShader(name)]),
  );
  // The server's tests hold the same file to what it writes. `vitest -u` writes it anew.
  await expect(`${JSON.stringify(shaders, null, 1)}\n`).toMatchFileSnapshot(
    "../../tests/golden/image-shaders.json",
  );
});

test("there is one for every colour map and every colour, and for nothing else", () => {
  expect(COLORMAPS[0]).toBe("gray");
  for (const name of [...COLORMAPS, "0088ff"]) expect(isColormap(name)).toBe(true);
  for (const name of ["", "nothing", "toString", "0088FF", "08f"]) {
    expect(isColormap(name)).toBe(false);
  }
});
