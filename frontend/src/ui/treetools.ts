/** What of the tree is drawn: filter, depth, hemisphere, and what is hidden. */

import type { Side, Style } from "../state";
import { plural, t } from "../words";
import { h, iconButton, say } from "./dom";

export interface TreeToolsEvents {
  onFilter(text: string): void;
  onSeveral(on: boolean): void;
  /** `null` is the whole tree. */
  onDepth(depth: number | null): void;
  onSide(side: Side | null): void;
  onIsolate(): void;
  onShowAll(): void;
  onPoints(): void;
}

export interface TreeShown {
  /** How deep the deepest region lies; a root is at 0. */
  readonly deepest: number;
  readonly sided: boolean;
}

const SIDES: readonly (readonly [Side | null, string, string])[] = [
  ["left", t("L"), t("Left hemisphere only")],
  [null, t("Both"), t("Both hemispheres")],
  ["right", t("R"), t("Right hemisphere only")],
];

export class TreeTools {
  readonly element: HTMLElement;
  private readonly filter = h("input", {
    class: "tree-filter",
    type: "search",
    placeholder: t("Filter the tree"),
    "aria-label": t("Filter the tree"),
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => this.events.onFilter(this.filter.value),
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== "Escape" || this.filter.value === "") return;
      event.stopPropagation();
      this.clear();
    },
  });
  private readonly found = h("span", { class: "tree-found", role: "status" });
  private readonly several = iconButton(
    "several",
    t("Select several: every click adds to the selection"),
    () => {
      const on = this.several.getAttribute("aria-pressed") !== "true";
      this.several.setAttribute("aria-pressed", String(on));
      this.events.onSeveral(on);
    },
  );
  private readonly isolate = iconButton("isolate", t("Draw the selected regions alone (I)"), () =>
    this.events.onIsolate(),
  );
  private readonly points = iconButton(
    "file",
    t("Regions of a list of points: choose a CSV file, or drop it on the page"),
    () => this.events.onPoints(),
  );
  private readonly depth = h("input", {
    type: "range",
    min: 0,
    step: 1,
    "aria-label": t("Depth of the tree that is drawn"),
    oninput: () => {
      const depth = Number(this.depth.value);
      this.events.onDepth(depth >= Number(this.depth.max) ? null : depth);
    },
  });
  private readonly level = h("output", {});
  private readonly depthRow = h(
    "label",
    { class: "tree-depth", title: t("Draw deeper regions as what they are part of ([ and ])") },
    h("span", {}, t("Depth")),
    this.depth,
    this.level,
  );
  private readonly sideButtons = SIDES.map(([side, text, title]) =>
    h(
      "button",
      { type: "button", title, "aria-label": title, onclick: () => this.events.onSide(side) },
      text,
    ),
  );
  private readonly sides = h(
    "div",
    { class: "segmented", role: "group", "aria-label": t("Hemisphere") },
    ...this.sideButtons,
  );
  private readonly told = h("span", {});
  private readonly hiddenRow = h(
    "div",
    { class: "tree-hidden", role: "status" },
    this.told,
    h(
      "button",
      { type: "button", class: "text-button", onclick: () => this.events.onShowAll() },
      t("Show all"),
    ),
  );

  constructor(private readonly events: TreeToolsEvents) {
    this.several.setAttribute("aria-pressed", "false");
    this.element = h(
      "div",
      { class: "tree-tools", role: "group", "aria-label": t("What of the tree is drawn") },
      h(
        "div",
        { class: "tree-line" },
        this.filter,
        this.found,
        this.several,
        this.isolate,
        this.points,
      ),
      h("div", { class: "tree-line" }, this.depthRow, this.sides),
      this.hiddenRow,
    );
  }

  show({ deepest, sided }: TreeShown, style: Style): void {
    this.depth.max = String(deepest);
    this.depth.value = String(Math.min(style.depth ?? deepest, deepest));
    const whole = style.depth === null || style.depth >= deepest;
    const told = whole ? t("all") : t("{n} of {most}", { n: style.depth ?? 0, most: deepest });
    say(this.level, told);
    this.depth.setAttribute(
      "aria-valuetext",
      whole
        ? t("the whole tree")
        : t("level {n} of {most}", { n: style.depth ?? 0, most: deepest }),
    );
    this.depthRow.hidden = deepest === 0;
    this.sides.hidden = !sided;
    SIDES.forEach(([side], i) => {
      this.sideButtons[i]?.setAttribute("aria-pressed", String(side === style.side));
    });
    this.isolate.setAttribute("aria-pressed", String(style.isolate));
    this.isolate.disabled = style.selected.length === 0 && !style.isolate;
    this.hiddenRow.hidden = style.hidden.length === 0;
    say(this.told, plural(style.hidden.length, "{n} region hidden", "{n} regions hidden"));
  }

  /** Say how many rows a filter left. */
  tell(rows: number): void {
    const on = this.filter.value.trim() !== "";
    say(this.found, on ? (rows === 0 ? t("none") : String(rows)) : "");
  }

  clear(): void {
    this.filter.value = "";
    this.events.onFilter("");
  }
}
