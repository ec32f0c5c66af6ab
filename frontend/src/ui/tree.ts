/** The tree of regions: an ARIA tree of which only the rows in sight exist. */

import { isHidden } from "../hiding";
import type { Region, RegionTree, Row } from "../regions";
import { t } from "../words";
import { acronymOf, fill, h, icon, swatch, toggleAttribute } from "./dom";

const ROW = 28;
const SPARE = 8;

/** How the regions of a tree are drawn, as far as its rows tell. */
export interface TreeLook {
  readonly hidden: readonly string[];
  /** `null` until it is known. */
  readonly voxels: ReadonlyMap<string, number> | null;
}

export interface TreeEvents {
  onSelect(id: string, toggle: boolean): void;
  onHide(id: string): void;
  onFly(id: string): void;
  colorOf(region: Region): string;
}

export class TreeView {
  readonly element: HTMLElement;

  private readonly spacer: HTMLElement;
  private tree: RegionTree | null = null;
  private expanded = new Set<string>();
  private selected: ReadonlySet<string> = new Set();
  private kept: ReadonlySet<string> | null = null;
  private hidden: ReadonlySet<string> = new Set();
  private voxels: ReadonlyMap<string, number> | null = null;
  /** Every click adds to what is selected, or takes from it. */
  several = false;
  private rows: Row[] = [];
  private active = 0;
  private height = 0;

  constructor(private readonly events: TreeEvents) {
    this.spacer = h("div", { class: "tree-spacer", role: "presentation" });
    this.element = h(
      "div",
      {
        class: "tree",
        role: "tree",
        tabindex: "0",
        "aria-label": t("Regions"),
        "aria-multiselectable": "true",
        onscroll: () => this.render(),
        onkeydown: (event: KeyboardEvent) => this.key(event),
        onclick: (event: MouseEvent) => this.click(event),
        ondblclick: (event: MouseEvent) => {
          const row = this.rowAt(event);
          if (row) events.onFly(row.region.id);
        },
      },
      this.spacer,
    );
    new ResizeObserver(() => this.resized()).observe(this.element);
  }

  show(tree: RegionTree | null): void {
    if (tree === this.tree) return;
    this.tree = tree;
    this.active = 0;
    this.kept = null;
    this.expanded = new Set();
    // Open level by level until the list is worth a look, and no further.
    for (
      let level = tree?.childrenOf(null) ?? [];
      tree && level.length > 0 && level.length < 40;
    ) {
      const next = level.flatMap(({ id }) => tree.childrenOf(id));
      if (this.expanded.size > 0 && next.length > 24) break;
      for (const { id } of level) if (tree.childrenOf(id).length > 0) this.expanded.add(id);
      level = next;
    }
    this.element.scrollTop = 0;
    this.update();
  }

  /** Show how the regions are drawn. */
  look({ hidden, voxels }: TreeLook): void {
    this.hidden = new Set(hidden);
    this.voxels = voxels;
    this.render();
  }

  /** Keep to what a filter leaves; all with an empty one. How many regions are left. */
  filter(text: string): number {
    this.kept = this.tree && text.trim() !== "" ? this.tree.filtered(text) : null;
    this.active = 0;
    this.element.scrollTop = 0;
    this.update();
    return this.rows.length;
  }

  /** Mark what is selected, and bring the last of it into sight. */
  select(ids: readonly string[], reveal: boolean): void {
    this.selected = new Set(ids);
    const last = ids.at(-1);
    const region = last === undefined ? undefined : this.tree?.get(last);
    if (region && reveal && this.kept?.has(region.id) !== false) {
      for (const { id } of this.tree?.ancestorsOf(region) ?? []) this.expanded.add(id);
      this.update();
      this.activate(this.rows.findIndex((row) => row.region === region));
    } else {
      this.render();
    }
  }

  private update(): void {
    this.rows = this.tree?.rows(this.expanded, this.kept) ?? [];
    this.active = Math.min(this.active, Math.max(0, this.rows.length - 1));
    this.spacer.style.height = `${this.rows.length * ROW}px`;
    this.render();
  }

  private render(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const last = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    fill(this.spacer, ...this.rows.slice(first, last).map((row, i) => this.row(row, first + i)));
    const active = this.rows[this.active];
    toggleAttribute(
      this.element,
      "aria-activedescendant",
      active && this.active >= first && this.active < last ? `region-${active.region.id}` : null,
    );
  }

  /** Of another height: what was in sight to be looked at stays so. */
  private resized(): void {
    const { clientHeight } = this.element;
    const seen = this.active * ROW < this.element.scrollTop + this.height;
    this.height = clientHeight;
    if (seen && this.selected.has(this.rows[this.active]?.region.id ?? "")) {
      this.activate(this.active);
    } else this.render();
  }

  private row({ region, depth, expandable, expanded, position, siblings }: Row, index: number) {
    const hidden = this.tree !== null && isHidden(this.tree, this.hidden, region.id);
    const empty = this.voxels !== null && (this.voxels.get(region.id) ?? 0) === 0;
    const row = h(
      "div",
      {
        id: `region-${region.id}`,
        class: [
          "tree-row",
          index === this.active && "active",
          hidden && "is-hidden",
          empty && "is-empty",
        ]
          .filter((name) => name !== false)
          .join(" "),
        role: "treeitem",
        "data-index": index,
        "aria-level": depth + 1,
        "aria-setsize": siblings,
        "aria-posinset": position,
        "aria-expanded": expandable ? expanded : undefined,
        "aria-selected": this.selected.has(region.id),
        title: region.acronym ? `${region.name} (${region.acronym})` : region.name,
      },
      h("span", { class: "twist", "aria-hidden": "true" }, expandable && icon("chevron")),
      swatch(this.events.colorOf(region)),
      h("span", { class: "tree-name" }, region.name),
      acronymOf(region),
      empty && h("span", { class: "tree-note" }, t("no voxels")),
      hidden && h("span", { class: "off-screen" }, t("hidden")),
      h(
        "span",
        {
          class: "tree-eye",
          "aria-hidden": "true",
          title: hidden ? t("Show (H)") : t("Hide (H)"),
        },
        icon(hidden ? "hidden" : "eye"),
      ),
    );
    row.style.top = `${index * ROW}px`;
    row.style.paddingLeft = `${6 + depth * 14}px`;
    return row;
  }

  private rowAt(event: Event): Row | undefined {
    const element = (event.target as Element).closest<HTMLElement>(".tree-row");
    return element ? this.rows[Number(element.dataset.index)] : undefined;
  }

  private click(event: MouseEvent): void {
    const row = this.rowAt(event);
    if (!row) return;
    this.active = this.rows.indexOf(row);
    const on = event.target as Element;
    if (row.expandable && on.closest(".twist")) this.expand(row, !row.expanded);
    else if (on.closest(".tree-eye")) this.events.onHide(row.region.id);
    else this.events.onSelect(row.region.id, this.several || event.ctrlKey || event.metaKey);
  }

  private expand({ region }: Row, open: boolean): void {
    if (open) this.expanded.add(region.id);
    else this.expanded.delete(region.id);
    this.update();
  }

  private activate(index: number): void {
    if (index < 0 || index >= this.rows.length) return;
    this.active = index;
    const top = index * ROW;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight)
      this.element.scrollTop = top + ROW - clientHeight;
    this.render();
  }

  private key(event: KeyboardEvent): void {
    const row = this.rows[this.active];
    if (!row || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.activate(this.active + 1),
      ArrowUp: () => this.activate(this.active - 1),
      PageDown: () => this.activate(Math.min(this.rows.length - 1, this.active + page)),
      PageUp: () => this.activate(Math.max(0, this.active - page)),
      Home: () => this.activate(0),
      End: () => this.activate(this.rows.length - 1),
      ArrowRight: () => {
        if (row.expandable && !row.expanded) this.expand(row, true);
        else if (row.expandable) this.activate(this.active + 1);
      },
      ArrowLeft: () => {
        if (row.expanded) this.expand(row, false);
        else this.activate(this.rows.findIndex(({ region }) => region.id === row.region.parent));
      },
      Enter: () =>
        this.events.onSelect(row.region.id, this.several || event.ctrlKey || event.metaKey),
      " ": () => this.events.onSelect(row.region.id, true),
      h: () => this.events.onHide(row.region.id),
    };
    const move = moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!move || (move === moves.h && (event.ctrlKey || event.metaKey))) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}
