/** The words of the page in the reader's language; the English text is the key. */

/** English text → the same in another language. */
export type Catalogue = Readonly<Record<string, string>>;

let catalogue: Catalogue = {};
let plurals = new Intl.PluralRules("en");

/** From now on speak this language. */
export function speak(language: string, words: Catalogue): void {
  catalogue = words;
  plurals = new Intl.PluralRules(language);
}

/** Say an English text in the reader's language, with `{name}` replaced by the value of that name. */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  const said = catalogue[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
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
