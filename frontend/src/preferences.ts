/** What a reader likes, kept in this browser: colours, language, what is said aloud, and whether letters are keys; pure. */

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const LANGUAGES = ["en", "de", "fr", "es", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Preferences {
  readonly theme: Theme;
  /** `null` is the browser's own. */
  readonly language: Language | null;
  /** Say the region under the cursor to a screen reader. */
  readonly announce: boolean;
  /** Letters and signs do something when pressed alone, which dictation may press by mistake. */
  readonly letters: boolean;
}

const KEY = "atlasview.preferences";

/** What an address asks for, and else what is kept. */
export function readPreferences(search: string, kept: string | null): Preferences {
  const asked = new URLSearchParams(search);
  const stored = parsed(kept);
  const language = asked.get("lang") ?? stored.language;
  return {
    theme: THEMES.find((theme) => theme === (asked.get("theme") ?? stored.theme)) ?? "auto",
    language: LANGUAGES.find((known) => known === language) ?? null,
    announce: stored.announce === true,
    letters: stored.letters !== false,
  };
}

/** The language to speak: the one that was chosen, or the first of the browser's that we know. */
export function languageOf({ language }: Preferences, offered: readonly string[]): Language {
  if (language !== null) return language;
  for (const tag of offered) {
    const known = LANGUAGES.find((name) => name === tag.toLowerCase().split("-")[0]);
    if (known) return known;
  }
  return "en";
}

/** What this browser keeps, or `null`: some let a page keep nothing. */
export function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Keep it; a browser that does not let us forgets it with the page. */
export function keep(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // As said: nothing is lost but the choice.
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
