/** The panel of annotations: the sets that are shown, the list, and the chosen one. */

import { type Filter, NO_FILTER, ORDERS, type Order } from "../marks/list";
import type { Mark } from "../marks/mark";
import type { OpenSet } from "../marks/openset";
import type { Op } from "../marks/queue";
import { SHAPES, type Shape } from "../marks/shapes";
import { plural, t } from "../words";
import { fill, h, type IconName, iconButton, say } from "./dom";
import { conflictCard } from "./markconflict";
import { type FormEvents, MarkForm } from "./markform";
import { type ListEvents, MarkList } from "./marklist";
import { accessName, shapeName } from "./markwords";
import { menu } from "./menu";

export interface PanelEvents extends FormEvents, ListEvents {
  onClose(): void;
  onNewSet(): void;
  onOpenSet(): void;
  onActivate(set: OpenSet): void;
  onVisible(set: OpenSet, visible: boolean): void;
  onHide(set: OpenSet): void;
  onSettings(set: OpenSet): void;
  onSetHistory(set: OpenSet): void;
  onImport(): void;
  onExport(format: string): void;
  onUndo(): void;
  onRedo(): void;
  onFilter(filter: Filter): void;
  onOrder(order: Order): void;
  onColoring(by: string): void;
  onKeepMine(op: Op): void;
  onTakeTheirs(op: Op): void;
}

/** All that the panel shows. */
export interface PanelView {
  readonly sets: readonly OpenSet[];
  readonly active: OpenSet | null;
  readonly visible: (set: OpenSet) => boolean;
  readonly may: boolean;
  readonly space: string | null;
  readonly listed: readonly Mark[];
  readonly total: number;
  readonly chosen: Mark | null;
  readonly waiting: ReadonlySet<string>;
  readonly online: boolean;
  readonly conflicts: readonly Op[];
  readonly tags: readonly string[];
  readonly regions: readonly { readonly id: string; readonly name: string }[];
  /** The region whose annotations are shown alone. */
  readonly region: { readonly id: string; readonly name: string } | null;
  readonly numbers: readonly string[];
  readonly coloring: string;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly color: (mark: Mark) => string;
}

const ORDER_NAMES: Readonly<Record<Order, string>> = {
  newest: t("Newest first"),
  oldest: t("Oldest first"),
  label: t("By label"),
  region: t("By region"),
  type: t("By kind"),
  size: t("Largest first"),
};

export class MarkPanel {
  readonly element: HTMLElement;
  readonly form: MarkForm;
  private readonly list: MarkList;
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly sets = h("ul", { class: "mark-sets" });
  private readonly empty = h("div", { class: "mark-empty" });
  private readonly work: HTMLElement;
  private readonly words: HTMLInputElement;
  private readonly type: HTMLSelectElement;
  private readonly tag: HTMLSelectElement;
  private readonly region: HTMLSelectElement;
  private readonly coloring: HTMLSelectElement;
  private readonly note = h("p", { class: "mark-note" });
  private readonly status = h("p", { class: "mark-status", role: "status" });
  private readonly conflicts = h("div", { class: "mark-conflicts" });
  private readonly setTools: readonly HTMLElement[];
  private readonly importButton: HTMLButtonElement;

  constructor(
    private readonly events: PanelEvents,
    tools: HTMLElement,
  ) {
    this.form = new MarkForm(events);
    this.list = new MarkList(events);
    this.undo = iconButton("undo", t("Undo (Ctrl+Z)"), () => events.onUndo());
    this.redo = iconButton("redo", t("Do again (Ctrl+Shift+Z)"), () => events.onRedo());
    const select = (label: string, onchange: () => void, ...options: HTMLOptionElement[]) =>
      h("select", { "aria-label": label, title: label, onchange }, ...options);
    const filter = () => events.onFilter(this.filter);
    this.words = h("input", {
      type: "search",
      placeholder: t("Find in labels, texts, tags, regions"),
      "aria-label": t("Find in labels, texts, tags, regions"),
      oninput: filter,
    });
    this.type = select(
      t("Kind"),
      filter,
      option("", t("All kinds")),
      ...SHAPES.map((shape) => option(shape, shapeName(shape))),
    );
    this.tag = select(t("Tag"), filter);
    this.region = select(t("Region"), filter);
    const order = select(
      t("Order"),
      () => events.onOrder(order.value as Order),
      ...ORDERS.map((name) => option(name, ORDER_NAMES[name])),
    );
    this.coloring = select(t("Colour"), () => events.onColoring(this.coloring.value));
    this.importButton = iconButton("upload", t("Import a file"), () => events.onImport());
    const ofActive = (name: IconName, label: string, run: (set: OpenSet) => void) =>
      iconButton(name, label, () => this.active && run(this.active));
    this.setTools = [
      ofActive("history", t("History of the set"), (set) => events.onSetHistory(set)),
      this.importButton,
      menu("download", t("Export"), [
        { label: t("Table (CSV)"), run: () => events.onExport("csv") },
        { label: t("JSON"), run: () => events.onExport("json") },
        { label: t("Layer for Neuroglancer"), run: () => events.onExport("neuroglancer") },
      ]),
    ];
    this.work = h(
      "div",
      { class: "mark-work" },
      h(
        "div",
        { class: "mark-filter" },
        this.words,
        this.type,
        this.tag,
        this.region,
        order,
        this.coloring,
      ),
      this.list.element,
      this.note,
    );
    this.element = h(
      "aside",
      { id: "marks", class: "marks", "aria-label": t("Annotations"), hidden: true },
      h(
        "header",
        {},
        h("h2", {}, t("Annotations")),
        this.undo,
        this.redo,
        ...this.setTools,
        iconButton("close", t("Close the annotations (D)"), () => events.onClose()),
      ),
      this.sets,
      this.empty,
      tools,
      this.conflicts,
      this.work,
      this.form.element,
      this.status,
    );
  }

  private active: OpenSet | null = null;

  get filter(): Filter {
    return {
      words: this.words.value,
      type: (this.type.value || null) as Shape | null,
      tag: this.tag.value || null,
      region: this.region.value || null,
    };
  }

  /** Show the whole of a set again. */
  clearFilter(): void {
    this.words.value = "";
    for (const select of [this.type, this.tag, this.region]) select.value = "";
    this.events.onFilter(NO_FILTER);
  }

  show(view: PanelView): void {
    const { active } = view;
    this.active = active;
    this.undo.disabled = !view.canUndo;
    this.redo.disabled = !view.canRedo;
    for (const tool of this.setTools) tool.hidden = active?.info == null;
    this.importButton.hidden = !view.may;
    fill(this.sets, ...view.sets.map((set) => this.setRow(set, view)));
    this.showEmpty(view);
    this.work.hidden = active === null;
    choices(this.tag, [["", t("All tags")], ...view.tags.map((tag) => [tag, tag] as const)]);
    const others = view.regions.filter(({ id }) => id !== view.region?.id);
    const regions = view.region ? [view.region, ...others] : others;
    choices(this.region, [
      ["", t("All regions")],
      ...regions.map(({ id, name }) => [id, name] as const),
    ]);
    const region = view.region?.id ?? "";
    if (this.region.value !== region) this.region.value = region;
    const named = view.coloring.startsWith("number:") ? [view.coloring.slice(7)] : [];
    const numbers = [...new Set([...view.numbers, ...named])];
    choices(this.coloring, [
      ["own", t("Own colours")],
      ["region", t("Colour by region")],
      ...numbers.map((name) => [`number:${name}`, t("Colour by {name}", { name })] as const),
    ]);
    if (this.coloring.value !== view.coloring) this.coloring.value = view.coloring;
    this.tag.hidden = view.tags.length === 0 && this.tag.value === "";
    this.region.hidden = view.regions.length === 0 && this.region.value === "";
    this.list.show(view.listed, view.chosen?.id ?? null, view.waiting, view.color);
    this.list.element.hidden = view.listed.length === 0;
    this.showNote(view);
    this.form.show(view.chosen, view.may);
    fill(
      this.conflicts,
      ...view.conflicts.map((op) =>
        conflictCard(op, {
          onKeepMine: () => this.events.onKeepMine(op),
          onTakeTheirs: () => this.events.onTakeTheirs(op),
        }),
      ),
    );
    say(this.status, statusOf(view));
    this.status.classList.toggle("warns", view.waiting.size > 0 && !view.online);
  }

  private setRow(set: OpenSet, view: PanelView): HTMLElement {
    const { info, progress, why } = set;
    const shown = view.visible(set);
    const title = info?.title ?? (progress === "failed" ? set.id : t("Opening…"));
    const facts =
      progress === "failed"
        ? why
        : info
          ? `${plural(info.count, "{n} annotation", "{n} annotations")} · ${accessName(info.access)}`
          : "";
    return h(
      "li",
      { class: set === view.active ? "mark-set active" : "mark-set" },
      iconButton(
        shown ? "eye" : "hidden",
        shown
          ? t("Hide “{title}” on the map", { title })
          : t("Show “{title}” on the map", { title }),
        () => this.events.onVisible(set, !shown),
      ),
      h(
        "button",
        {
          type: "button",
          class: "mark-set-name",
          "aria-pressed": set === view.active,
          onclick: () => this.events.onActivate(set),
        },
        h("span", { class: "volume-name" }, title),
        h("span", { class: "volume-facts" }, facts),
      ),
      info &&
        iconButton("gear", t("Share and settings of “{title}”", { title }), () =>
          this.events.onSettings(set),
        ),
      iconButton("close", t("Take “{title}” off the list", { title }), () =>
        this.events.onHide(set),
      ),
    );
  }

  private showEmpty({ sets, space }: PanelView): void {
    const add = h(
      "button",
      { type: "button", class: "pill", onclick: () => this.events.onNewSet() },
      t("New set"),
    );
    const open = h(
      "button",
      { type: "button", class: "text-button", onclick: () => this.events.onOpenSet() },
      t("Open a set"),
    );
    add.disabled = space === null;
    fill(
      this.empty,
      sets.length === 0 &&
        h(
          "p",
          {},
          space === null
            ? t("These data name no reference space: nothing can be marked in them.")
            : t("Annotations lie in sets on the server. Make one, or open one by its link."),
        ),
      add,
      open,
    );
  }

  private showNote({ active, listed, total }: PanelView): void {
    const found = (n: number, m: number) => t("{n} of {m} are listed.", { n, m });
    const text = !active?.info
      ? ""
      : active.partial
        ? `${found(listed.length, active.info.count)} ${t("Filter by kind, tag or region to see others.")}`
        : total === 0
          ? t("Nothing is marked here yet. Choose a tool, and click on the map.")
          : listed.length === 0
            ? t("Nothing fits this filter.")
            : listed.length < total
              ? found(listed.length, total)
              : "";
    say(this.note, text);
    this.note.hidden = text === "";
  }
}

function statusOf({ waiting, online, active, conflicts, may }: PanelView): string {
  if (waiting.size > 0 && !online) {
    return plural(
      waiting.size,
      "The server does not answer. {n} change is kept here, and goes through when it is back.",
      "The server does not answer. {n} changes are kept here, and go through when it is back.",
    );
  }
  if (waiting.size > conflicts.length) return t("Saving…");
  if (!active?.info) return "";
  if (!may) return t("You can look at this set, not change it.");
  return active.live ? t("Saved. You see what others draw at once.") : t("Saved.");
}

function option(value: string, label: string): HTMLOptionElement {
  return h("option", { value }, label);
}

/** Offer choices, and keep what is chosen. */
function choices(select: HTMLSelectElement, wanted: readonly (readonly [string, string])[]): void {
  const now = [...select.options].map(({ value, label }) => `${value}\n${label}`).join("\0");
  if (now === wanted.map(([value, label]) => `${value}\n${label}`).join("\0")) return;
  const { value } = select;
  fill(select, ...wanted.map(([name, label]) => option(name, label)));
  select.value = wanted.some(([name]) => name === value) ? value : (wanted[0]?.[0] ?? "");
}
