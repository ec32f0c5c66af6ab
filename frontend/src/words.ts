/** The words of the page in the reader's language; the English text is the key. */

import { spoken } from "./language";

/** English text → the same in another language. */
export type Catalogue = Readonly<Record<string, string>>;

// Whoever says anything waits here for the catalogue; English has none to wait for.
const found = await spoken();
let language: string = found.language;
let catalogue: Catalogue = found.words;
let plurals = new Intl.PluralRules(language);

/** From now on speak this language. */
export function speak(next: string, words: Catalogue): void {
  language = next;
  catalogue = words;
  plurals = new Intl.PluralRules(next);
}

/** Say an English text in the reader's language, with `{name}` replaced by the value of that name. */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  const said = catalogue[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) return whole;
    const value = values[name] ?? "";
    return typeof value === "number" ? count(value) : value;
  });
}

/** Say the text that fits a number, which is `{n}` in it. */
export function plural(
  n: number,
  one: string,
  other: string,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return t(plurals.select(n) === "one" ? one : other, { n, ...values });
}

/** Write a number as the reader's language does. */
export function count(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 15, ...options }).format(
    value,
  );
}
