import { expect, test } from "vitest";
import { linked } from "./linked";

test("finds secure addresses and leaves the rest of the text as it is", () => {
  expect(linked("See https://doi.org/10.1/x(2). Or (https://a.org/b), yes.")).toEqual([
    "See ",
    { href: "https://doi.org/10.1/x(2)" },
    ". Or (",
    { href: "https://a.org/b" },
    "), yes.",
  ]);
  expect(linked("a\nb  c")).toEqual(["a\nb  c"]);
  expect(linked("")).toEqual([]);
});

test.each([
  "http://a.org/",
  "javascript:alert(1)",
  "JAVASCRIPT:https:alert(1)",
  "data:text/html,<script>",
  "https://good.org@evil.org/",
  "https://user:pass@evil.org/",
  "https://localhost/",
  "https://",
  "ftp://a.org",
])("%s stays text", (text) => {
  expect(linked(text)).toEqual([text]);
});

test("shows where an address leads, not what it looks like", () => {
  // The second letter is Cyrillic.
  expect(linked("https://g\u043e\u043egle.com/")).toEqual([{ href: "https://xn--ggle-55da.com/" }]);
  expect(linked("https://a.org/\u202egpj.exe")).toEqual([
    { href: "https://a.org/" },
    "\u202egpj.exe",
  ]);
  expect(linked('https://a.org/"onload=x')).toEqual([{ href: "https://a.org/" }, '"onload=x']);
});
