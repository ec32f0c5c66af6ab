import { expect, test } from "vitest";
import { languageOf, readPreferences } from "./preferences";

test("the address comes before what is kept, and neither is believed blindly", () => {
  const kept = JSON.stringify({ theme: "dark", language: "fr", announce: true, letters: false });
  expect(readPreferences("", kept)).toEqual(JSON.parse(kept));
  const asked = readPreferences("?theme=light&lang=de", kept);
  expect(asked).toEqual({ theme: "light", language: "de", announce: true, letters: false });
  const plain = { theme: "auto", language: null, announce: false, letters: true };
  for (const broken of [null, "", "{", "7", '"x"', '{"theme":"pink","language":["de"]}']) {
    expect(readPreferences("?lang=tlh", broken)).toEqual(plain);
  }
});

test("without a choice the browser's first language that we know is spoken", () => {
  const open = readPreferences("", null);
  expect(languageOf(open, ["pt-BR", "zh-Hans-CN", "de"])).toBe("zh");
  expect(languageOf(open, ["pt"])).toBe("en");
  expect(languageOf({ ...open, language: "es" }, ["de"])).toBe("es");
});
