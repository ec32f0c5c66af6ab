import { afterEach, expect, test } from "vitest";
import { plural, speak, t } from "./words";

afterEach(() => speak("en", {}));

test("English is what is written, with the values put in", () => {
  expect(t("Fly to {name}", { name: "{x}" })).toBe("Fly to {x}");
  expect(t("{toString} of {name}", { name: 1 })).toBe("{toString} of 1");
});

test("another language says it its own way, and what it lacks in English", () => {
  speak("de", { "{n} region": "{n} Region", "{n} regions": "{n} Regionen" });
  expect(plural(1, "{n} region", "{n} regions")).toBe("1 Region");
  expect(plural(0, "{n} region", "{n} regions")).toBe("0 Regionen");
  expect(t("Close")).toBe("Close");
});
