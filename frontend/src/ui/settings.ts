/** What a reader may choose of the page itself: colours, language, what is said aloud, what keys do. */

import { keep, kept, LANGUAGES, type Preferences, readPreferences, THEMES } from "../preferences";
import { t } from "../words";
import { h, iconButton } from "./dom";

/** Each in its own words: who does not read ours must find it. */
const NAMES = {
  en: "English",
  de: "Deutsch",
  fr: "Français",
  es: "Español",
  zh: "中文",
} as const;

const THEME_NAMES = { auto: t("As the system"), light: t("Light"), dark: t("Dark") } as const;

export class Settings {
  readonly element: HTMLDialogElement;
  private now: Preferences;

  /** `onAnnounce` is told whether regions are to be said aloud. */
  constructor(private readonly onAnnounce: (on: boolean) => void) {
    this.now = readPreferences(location.search, kept());
    const theme = h(
      "select",
      { onchange: () => this.choose({ theme: THEMES[theme.selectedIndex] ?? "auto" }) },
      ...THEMES.map((name) =>
        h("option", { selected: name === this.now.theme }, THEME_NAMES[name]),
      ),
    );
    const language = h(
      "select",
      {
        onchange: () => {
          this.choose({ language: LANGUAGES[language.selectedIndex - 1] ?? null });
          speakAnew();
        },
      },
      h("option", {}, t("As the browser")),
      ...LANGUAGES.map((name) =>
        h("option", { lang: name, selected: name === this.now.language }, NAMES[name]),
      ),
    );
    this.announce = h("input", {
      type: "checkbox",
      onchange: () => this.sayAloud(this.announce.checked),
    });
    this.announce.checked = this.now.announce;
    const letters = h("input", {
      type: "checkbox",
      onchange: () => this.choose({ letters: letters.checked }),
    });
    letters.checked = this.now.letters;
    this.element = h(
      "dialog",
      {
        class: "help settings",
        "aria-labelledby": "settings-title",
        onclick: (event: MouseEvent) => {
          if (event.target === this.element) this.element.close();
        },
      },
      h(
        "div",
        { class: "help-body" },
        h(
          "header",
          {},
          h("h2", { id: "settings-title" }, t("Settings")),
          iconButton("close", t("Close the settings"), () => this.element.close()),
        ),
        h("label", {}, h("span", {}, t("Colours")), theme),
        h("label", {}, h("span", {}, t("Language")), language),
        h(
          "label",
          { class: "settings-check" },
          this.announce,
          h("span", {}, t("Say the region under the cursor to a screen reader (A)")),
        ),
        h(
          "label",
          { class: "settings-check" },
          letters,
          h("span", {}, t("Keys of one letter or sign do something")),
        ),
        h("p", {}, t("They are kept in this browser alone.")),
      ),
    );
  }

  private readonly announce: HTMLInputElement;

  get announcing(): boolean {
    return this.now.announce;
  }

  /** Whether letters and signs do something when pressed alone. */
  get letters(): boolean {
    return this.now.letters;
  }

  open(): void {
    if (!this.element.open) this.element.showModal();
  }

  sayAloud(announce: boolean): void {
    this.announce.checked = announce;
    this.choose({ announce });
    this.onAnnounce(announce);
  }

  private choose(patch: Partial<Preferences>): void {
    this.now = { ...this.now, ...patch };
    keep(this.now);
    const { dataset } = document.documentElement;
    if (this.now.theme === "auto") delete dataset.theme;
    else dataset.theme = this.now.theme;
  }
}

/** Load the page once more, without what its address says of the language; the view stays. */
function speakAnew(): void {
  const url = new URL(location.href);
  if (!url.searchParams.has("lang")) {
    location.reload();
    return;
  }
  url.searchParams.delete("lang");
  location.replace(url);
}
