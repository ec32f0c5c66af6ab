/** The language of this page, and its catalogue; it is fetched before anything is said. */

import { kept, type Language, languageOf, readPreferences } from "./preferences";
import type { Catalogue } from "./words";

const CATALOGUES: Readonly<Record<Exclude<Language, "en">, () => Promise<{ words: Catalogue }>>> = {
  de: () => import("./words/de"),
  fr: () => import("./words/fr"),
  es: () => import("./words/es"),
  zh: () => import("./words/zh"),
};

/** What this page is to speak; English outside a page, and where a catalogue does not come. */
export async function spoken(): Promise<{ language: Language; words: Catalogue }> {
  const english = { language: "en", words: {} } as const;
  if (typeof document === "undefined") return english;
  const preferences = readPreferences(location.search, kept());
  const language = languageOf(preferences, navigator.languages ?? [navigator.language]);
  if (language === "en") return english;
  try {
    const { words } = await CATALOGUES[language]();
    document.documentElement.lang = language;
    return { language, words };
  } catch {
    return english;
  }
}
