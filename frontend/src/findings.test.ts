import { expect, test } from "vitest";
import { Findings, names } from "./findings";

test("names are found whatever the case, the accents and the order of the words", () => {
  expect(names("Électrode 3, left", "left elec")).toBe(true);
  expect(names("Électrode 3, left", "right")).toBe(false);
});

test("a source that fails takes nothing away from the others, and is asked again", async () => {
  let asked = 0;
  const findings = new Findings([
    async () => {
      asked += 1;
      throw new Error("away");
    },
    async () => [{ kind: "plane", name: "Along the needle", about: "plane", go: () => {} }],
  ]);
  for (let i = 0; i < 2; i++) {
    expect(await findings.find("needle")).toMatchObject([{ name: "Along the needle" }]);
  }
  expect(asked).toBe(2);
});
