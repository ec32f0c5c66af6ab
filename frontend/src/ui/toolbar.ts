/** The bar at the top: data, layout, selection, and the buttons that act on the view. */

import { NO_DATA } from "../library";
import type { OfferGroup } from "../offers";
import { type Data, LAYOUTS, type Layout } from "../state";
import { t } from "../words";
import { fill, h, type IconName, icon, iconButton, swatch } from "./dom";
import { menu } from "./menu";
import { Picker } from "./picker";

export interface ToolbarEvents {
  onDrawer(): void;
  onData(data: Data): void;
  onLayout(layout: Layout): void;
  onHome(): void;
  onLevel(): void;
  onLayers(): void;
  onMarks(): void;
  onShare(): void;
  onMyViews(): void;
  onPlanes(): void;
  onFigure(): void;
  onFilm(): void;
  onSettings(): void;
  onHelp(): void;
  onChip(id: string): void;
  onUnselect(id: string): void;
  onClear(): void;
}

const LAYOUT_BUTTONS: Record<Layout, readonly [IconName | null, string, string]> = {
  "4panel": ["grid", t("All"), t("Four panels (1)")],
  horizontal: [null, "H", t("Horizontal plane alone (2)")],
  coronal: [null, "C", t("Coronal plane alone (3)")],
  sagittal: [null, "S", t("Sagittal plane alone (4)")],
  "3d": ["cube", "3D", t("3D alone (5)")],
};

export interface Chip {
  readonly id: string;
  readonly name: string;
  readonly color: string | null;
}

const CHIPS = 6;
/** From how many choices on they are searched too. */
const MANY = 8;

export class Toolbar {
  readonly element: HTMLElement;

  private readonly drawer: HTMLButtonElement;
  private readonly layers: HTMLButtonElement;
  private readonly planes: HTMLButtonElement;
  private readonly marks: HTMLButtonElement;
  private readonly level: HTMLButtonElement;
  private readonly data: HTMLSelectElement;
  private readonly chips = h("ul", { class: "chips", "aria-label": t("Selected regions") });
  private readonly layouts = new Map<Layout, HTMLButtonElement>();
  private choices: readonly Data[] = [];
  private current: Data = NO_DATA;
  private readonly find: HTMLButtonElement;
  readonly picker: Picker;

  constructor(private readonly events: ToolbarEvents) {
    this.drawer = iconButton("menu", t("Regions drawer (B)"), () => events.onDrawer());
    this.drawer.setAttribute("aria-controls", "drawer");
    this.layers = iconButton("layers", t("Layers panel (L)"), () => events.onLayers(), t("Layers"));
    this.layers.setAttribute("aria-controls", "layers");
    this.planes = iconButton("plane", t("Any plane (P)"), () => events.onPlanes(), t("Plane"));
    this.planes.setAttribute("aria-controls", "planes");
    this.planes.classList.add("wide-only");
    this.showPlanes(false);
    this.marks = iconButton("pen", t("Annotations (D)"), () => events.onMarks(), t("Annotations"));
    this.marks.setAttribute("aria-controls", "marks");
    this.marks.classList.add("wide-only");
    this.marks.setAttribute("aria-expanded", "false");
    this.level = iconButton(
      "level",
      t("Turn the planes upright"),
      () => events.onLevel(),
      t("Upright"),
    );
    this.level.classList.add("level");
    this.data = h("select", {
      class: "data-select",
      "aria-label": t("Atlas or volume"),
      onchange: () => {
        const data = this.choices[this.data.selectedIndex];
        if (data) events.onData(data);
      },
    });
    this.picker = new Picker((data) => events.onData(data));
    this.find = iconButton("search", t("Find an atlas or a volume"), () =>
      this.picker.open(this.current),
    );
    this.find.hidden = true;
    for (const layout of LAYOUTS) {
      const [name, text, title] = LAYOUT_BUTTONS[layout];
      this.layouts.set(
        layout,
        h(
          "button",
          { type: "button", title, "aria-label": title, onclick: () => events.onLayout(layout) },
          name && icon(name),
          name ? null : text,
        ),
      );
    }
    this.element = h(
      "header",
      { class: "toolbar" },
      this.drawer,
      h("h1", { class: "brand" }, "AtlasView"),
      this.data,
      this.find,
      h(
        "div",
        { class: "segmented layouts", role: "group", "aria-label": t("Panels") },
        ...this.layouts.values(),
      ),
      this.chips,
      h(
        "div",
        { class: "actions" },
        this.level,
        iconButton("home", t("Show the whole brain (0)"), () => events.onHome()),
        this.layers,
        this.planes,
        this.marks,
        iconButton(
          "link",
          t("Share this view by a short link (S)"),
          () => events.onShare(),
          t("Share"),
        ),
        // What is used now and then; the bar has no room for all of it.
        menu("more", t("More"), [
          { label: t("Any plane (P)"), narrow: true, run: () => events.onPlanes() },
          { label: t("Annotations (D)"), narrow: true, run: () => events.onMarks() },
          { label: t("My views (V)"), run: () => events.onMyViews() },
          { label: t("Make a figure"), run: () => events.onFigure() },
          { label: t("Make a film"), run: () => events.onFilm() },
          { label: t("Settings"), run: () => events.onSettings() },
          { label: t("Help (?)"), run: () => events.onHelp() },
        ]),
      ),
    );
  }

  /** Offer what can be shown; where that is much, to be searched too. */
  offer(groups: readonly OfferGroup[]): void {
    this.choices = groups.flatMap(({ offers }) => offers.map(({ data }) => data));
    fill(
      this.data,
      ...groups.map(({ title, offers }) =>
        h("optgroup", { label: title }, ...offers.map(({ name }) => h("option", {}, name))),
      ),
    );
    this.data.hidden = this.choices.length === 0;
    const parts = groups.flatMap(({ offers }) => offers.flatMap((offer) => offer.parts));
    this.find.hidden = this.choices.length + parts.length <= MANY;
    this.picker.offer(groups);
  }

  showData(data: Data): void {
    this.current = data;
    this.data.selectedIndex = this.choices.findIndex(
      ({ atlas, volume }) => atlas === data.atlas && volume === data.volume,
    );
  }

  showLayout(layout: Layout): void {
    for (const [name, button] of this.layouts) {
      button.setAttribute("aria-pressed", String(name === layout));
    }
  }

  showTilt(tilted: boolean): void {
    this.level.hidden = !tilted;
  }

  showOpen(drawer: boolean, layers: boolean): void {
    this.drawer.setAttribute("aria-expanded", String(drawer));
    this.layers.setAttribute("aria-expanded", String(layers));
  }

  showPlanes(open: boolean, focus = false): void {
    this.planes.setAttribute("aria-expanded", String(open));
    if (focus) this.planes.focus();
  }

  showMarks(open: boolean): void {
    this.marks.setAttribute("aria-expanded", String(open));
  }

  showDrawerButton(useful: boolean): void {
    this.drawer.hidden = !useful;
  }

  showSelected(chips: readonly Chip[]): void {
    const { events } = this;
    const more = chips.length - CHIPS;
    fill(
      this.chips,
      ...chips.slice(0, CHIPS).map(({ id, name, color }) =>
        h(
          "li",
          { class: "chip" },
          h(
            "button",
            { type: "button", class: "chip-name", title: name, onclick: () => events.onChip(id) },
            color !== null && swatch(color),
            h("span", {}, name),
          ),
          iconButton("close", t("Unselect {name}", { name }), () => events.onUnselect(id)),
        ),
      ),
      more > 0 && h("li", { class: "chip-more" }, t("and {n} more", { n: more })),
      chips.length > 1 &&
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "text-button", onclick: () => events.onClear() },
            t("Clear all"),
          ),
        ),
    );
    this.chips.hidden = chips.length === 0;
  }
}
