/** One box for regions and coordinates: an ARIA combobox over the server's ranked search. */

import { type Choice, choicesOf, read, write } from "../coordinates";
import type { Finding } from "../findings";
import type { Vec3 } from "../geometry";
import type { Hit } from "../regionfacts";
import type { Region } from "../regions";
import { t } from "../words";
import { acronymOf, fill, h, icon, iconButton, say, swatch, toggleAttribute } from "./dom";

export interface SearchEvents {
  colorOf(region: Region): string;
  find(text: string, signal: AbortSignal): Promise<readonly Hit[]>;
  /** What is no region: views, planes, annotations. */
  findOthers(text: string): Promise<readonly Finding[]>;
  onRegion(region: Region): void;
  onPoint(point: Vec3): void;
  /** Something was gone to. */
  onChosen(): void;
}

type Option =
  | { readonly kind: "point"; readonly point: Vec3 }
  | { readonly kind: "region"; readonly hit: Hit }
  | { readonly kind: "other"; readonly finding: Finding };

const ICONS = { view: "link", plane: "level", annotation: "target" } as const;

const PAUSE = 90;
const [PLAIN] = choicesOf(null, null, []);

export class Search {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;

  private readonly list: HTMLElement;
  private readonly note: HTMLElement;
  private readonly clear: HTMLButtonElement;
  private options: Option[] = [];
  private active = -1;
  /** Are there regions to be found? */
  private regions: boolean | null = null;
  private asking = new AbortController();
  private timer: number | undefined;
  /** What the options belong to: Enter pressed before they came waits for them. */
  private answered = "";
  /** How coordinates are typed. */
  private choice: Choice = PLAIN as Choice;
  private chooseWhenAnswered = false;

  constructor(private readonly events: SearchEvents) {
    this.list = h("ul", {
      id: "search-hits",
      class: "hits",
      role: "listbox",
      "aria-label": t("Found"),
      hidden: true,
      // The box keeps the keyboard.
      onmousedown: (event: MouseEvent) => event.preventDefault(),
    });
    this.note = h("p", { class: "search-note", role: "status", hidden: true });
    this.input = h("input", {
      type: "text",
      class: "search-input",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": "search-hits",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.typed(),
      onfocus: () => this.setOpen(this.options.length > 0),
      onblur: () => this.setOpen(false),
      onkeydown: (event: KeyboardEvent) => this.key(event),
    });
    this.clear = iconButton("close", t("Empty the search box"), () => {
      this.input.value = "";
      this.typed();
      this.input.focus();
    });
    this.clear.hidden = true;
    this.element = h(
      "div",
      { class: "search", role: "search" },
      h("div", { class: "search-box" }, icon("search"), this.input, this.clear),
      this.list,
      this.note,
    );
  }

  enable(regions: boolean, choice: Choice): void {
    if (regions === this.regions && choice === this.choice) return;
    this.regions = regions;
    this.choice = choice;
    const { unit } = choice;
    this.input.placeholder = regions
      ? t("Region or x, y, z in {unit}", { unit })
      : t("x, y, z in {unit}", { unit });
    this.input.setAttribute(
      "aria-label",
      t("Search a region, or type a coordinate in {unit}", { unit }),
    );
    this.options = [];
    this.setOpen(false);
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  private typed(): void {
    const text = this.input.value.trim();
    this.asking.abort();
    this.asking = new AbortController();
    this.chooseWhenAnswered = false;
    clearTimeout(this.timer);
    this.clear.hidden = text === "";
    const point = read(this.choice, text);
    if (text === "") this.answer(text, []);
    else if (point) this.answer(text, [{ kind: "point", point }]);
    else this.timer = window.setTimeout(() => void this.ask(text), PAUSE);
  }

  private async ask(text: string): Promise<void> {
    const { signal } = this.asking;
    try {
      const [hits, others] = await Promise.all([
        this.events.find(text, signal),
        this.events.findOthers(text),
      ]);
      if (signal.aborted) return;
      this.answer(text, [
        ...hits.map((hit): Option => ({ kind: "region", hit })),
        ...others.map((finding): Option => ({ kind: "other", finding })),
      ]);
    } catch (error) {
      if (signal.aborted) return;
      this.answer(text, [], error instanceof Error ? error.message : String(error));
    }
  }

  private answer(text: string, options: Option[], failure: string | null = null): void {
    this.answered = text;
    this.options = options;
    this.active = options.length > 0 ? 0 : -1;
    fill(this.list, ...options.map((option, i) => this.option(option, i)));
    const note =
      failure ??
      (text !== "" && options.length === 0 ? t("Nothing is called “{text}” here.", { text }) : "");
    this.note.hidden = note === "";
    say(this.note, note);
    this.setOpen(options.length > 0 && document.activeElement === this.input);
    this.mark();
    if (this.chooseWhenAnswered) this.choose(this.active);
  }

  private option(option: Option, index: number): HTMLElement {
    const attributes = {
      id: `hit-${index}`,
      class: "hit",
      role: "option",
      onclick: () => this.choose(index),
    };
    if (option.kind === "point") {
      return h(
        "li",
        attributes,
        icon("target"),
        h(
          "span",
          { class: "hit-name" },
          t("Go to {point} {unit}", {
            point: write(this.choice, option.point, 2),
            unit: this.choice.unit,
          }),
        ),
      );
    }
    if (option.kind === "other") {
      const { kind, name, about } = option.finding;
      return h(
        "li",
        attributes,
        icon(ICONS[kind]),
        h("span", { class: "hit-name", title: name }, name),
        h("span", { class: "hit-why" }, about),
      );
    }
    const { region, field, kind } = option.hit;
    const why =
      field === "synonym"
        ? t("by synonym")
        : kind === "fuzzy"
          ? t("similar")
          : field === "id"
            ? `id ${region.id}`
            : null;
    return h(
      "li",
      attributes,
      swatch(this.events.colorOf(region)),
      h("span", { class: "hit-name", title: region.name }, region.name),
      why !== null && h("span", { class: "hit-why" }, why),
      acronymOf(region),
    );
  }

  private key(event: KeyboardEvent): void {
    const { length } = this.options;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        event.preventDefault();
        if (length === 0) return;
        this.setOpen(true);
        this.active = (this.active + (event.key === "ArrowDown" ? 1 : -1) + length) % length;
        this.mark();
        break;
      case "Enter":
        event.preventDefault();
        if (this.input.value.trim() !== this.answered) this.chooseWhenAnswered = true;
        else this.choose(this.active);
        break;
      case "Escape":
        event.stopPropagation();
        if (!this.list.hidden) this.setOpen(false);
        else this.input.blur();
        break;
    }
  }

  private choose(index: number): void {
    this.chooseWhenAnswered = false;
    const option = this.options[index];
    if (!option) return;
    this.setOpen(false);
    if (option.kind === "point") this.events.onPoint(option.point);
    else if (option.kind === "other") option.finding.go();
    else this.events.onRegion(option.hit.region);
    this.events.onChosen();
  }

  private setOpen(open: boolean): void {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    this.mark();
  }

  private mark(): void {
    [...this.list.children].forEach((element, i) => {
      element.setAttribute("aria-selected", String(i === this.active));
      if (i === this.active && !this.list.hidden) element.scrollIntoView({ block: "nearest" });
    });
    const shown = !this.list.hidden && this.active >= 0;
    toggleAttribute(this.input, "aria-activedescendant", shown ? `hit-${this.active}` : null);
  }
}
