import { expect, test } from "vitest";
import { placeOf, withStep } from "./place";

test.each([
  ["http://h:8000/", "http://h:8000/", null],
  ["http://h/#v=1&at=1,2,3", "http://h/", null],
  ["http://h/brains/?lang=fr", "http://h/brains/", null],
  ["http://h/brains/index.html", "http://h/brains/", null],
  ["http://h/views/k3j5", "http://h/", "k3j5"],
  ["http://h/views/k3j5?revision=2&step=3#v=1", "http://h/", "k3j5"],
  ["http://h/a/views/k3j5", "http://h/a/", "k3j5"],
  ["http://h/a/embed/?chrome=minimal", "http://h/a/", null],
  ["http://h/a/embed/k3j5", "http://h/a/", "k3j5"],
  ["http://h/views/", "http://h/views/", null],
  ["http://h/views/views/x9", "http://h/views/", "x9"],
])("%s lies in %s and names %s", (href, base, view) => {
  const place = placeOf(href);
  expect(place.base.href).toBe(base);
  expect(place.view).toBe(view);
});

test("revision and step are whole numbers, or nothing", () => {
  expect(placeOf("http://h/views/a?revision=2&step=3")).toMatchObject({ revision: 2, step: 3 });
  for (const odd of ["0", "-1", "1.5", "x", "", "9999999999"]) {
    expect(placeOf(`http://h/views/a?revision=${odd}&step=${odd}`)).toMatchObject({
      revision: null,
      step: null,
    });
  }
});

test("another step leaves the rest of the address alone", () => {
  expect(withStep("", 2)).toBe("?step=2");
  expect(withStep("?revision=3&step=1", 2)).toBe("?revision=3&step=2");
  expect(withStep("?step=1&lang=fr", null)).toBe("?lang=fr");
  expect(withStep("?step=1", null)).toBe("");
});
