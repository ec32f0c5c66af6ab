/** A list of points with the region of each: a grid of which only the rows in sight exist. */

import type { Vec3 } from "../geometry";
import type { Flaw, Table } from "../pointlist";
import { plural, t } from "../words";
import { fill, h, icon, iconButton, toggleAttribute } from "./dom";

const ROW = 28;
const SPARE = 8;
/** Flaws that are told one by one. */
const TOLD = 200;

export interface PointRow {
  readonly cells: readonly string[];
  readonly point: Vec3 | null;
  readonly region: string | null;
}

export interface Assigned {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly PointRow[];
  readonly flaws: readonly Flaw[];
  /** What is written when it is downloaded. */
  readonly file: string;
}

export interface PointTableEvents {
  onGo(point: Vec3, region: string | null): void;
  /** From now on these points are listed, or with `null` none. */
  onShown(points: readonly (Vec3 | null)[] | null): void;
}

export class PointTable {
  readonly element = h("section", {
    class: "points",
    "aria-label": t("Points and their regions"),
    hidden: true,
  });
  private readonly title = h("h2", {});
  private readonly told = h("p", { class: "soft", role: "status" });
  private readonly download = h("a", { class: "pill" }, icon("file"), t("Download CSV"));
  private readonly flaws = h("details", { class: "flaws", hidden: true });
  private readonly heads = h("div", { class: "points-row points-head", role: "row" });
  private readonly spacer = h("div", { class: "points-spacer", role: "rowgroup" });
  private readonly grid = h(
    "div",
    {
      class: "points-grid",
      role: "grid",
      tabindex: "0",
      "aria-label": t("Points; Enter flies to one"),
      onscroll: () => this.render(),
      onkeydown: (event: KeyboardEvent) => this.key(event),
      onclick: (event: MouseEvent) => this.click(event),
    },
    h("div", { role: "rowgroup" }, this.heads),
    this.spacer,
  );
  private shown: Assigned | null = null;
  private active = 0;
  private address: string | null = null;

  constructor(private readonly events: PointTableEvents) {
    this.element.append(
      h(
        "header",
        {},
        this.title,
        this.told,
        this.download,
        iconButton("close", t("Close the list of points"), () => this.close()),
      ),
      this.flaws,
      this.grid,
    );
    new ResizeObserver(() => this.render()).observe(this.grid);
  }

  show(assigned: Assigned): void {
    this.forget();
    this.shown = assigned;
    this.active = 0;
    const { title, head, rows, flaws, file } = assigned;
    this.title.textContent = title;
    const found = rows.filter(({ region }) => region !== null).length;
    this.told.textContent = t("{points}, {inside}", {
      points: plural(rows.length, "{n} point", "{n} points"),
      inside: plural(found, "{n} in a region", "{n} in regions"),
    });
    this.address = URL.createObjectURL(new Blob([file], { type: "text/csv" }));
    this.download.href = this.address;
    this.download.download = title.replace(/(\.\w+)?$/, "-regions.csv");
    this.flaws.hidden = flaws.length === 0;
    fill(
      this.flaws,
      h("summary", {}, plural(flaws.length, "{n} row was left out", "{n} rows were left out")),
      h(
        "ul",
        {},
        ...flaws
          .slice(0, TOLD)
          .map(({ line, text }) => h("li", {}, t("Line {line}: {text}.", { line, text }))),
        flaws.length > TOLD && h("li", {}, t("and {n} more", { n: flaws.length - TOLD })),
      ),
    );
    const widths = head.map((name, i) => {
      const longest = rows
        .slice(0, 300)
        .reduce((most, { cells }) => Math.max(most, cells[i]?.length ?? 0), name.length);
      return Math.min(260, Math.max(56, longest * 7.4 + 20));
    });
    this.grid.style.setProperty(
      "--columns",
      widths.map((width) => `${Math.ceil(width)}px`).join(" "),
    );
    this.spacer.style.width = `${Math.ceil(widths.reduce((a, b) => a + b, 0))}px`;
    this.spacer.style.height = `${rows.length * ROW}px`;
    this.grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.grid.setAttribute("aria-colcount", String(head.length));
    this.heads.setAttribute("aria-rowindex", "1");
    fill(this.heads, ...head.map((name) => h("span", { role: "columnheader", title: name }, name)));
    this.element.hidden = false;
    this.grid.scrollTop = 0;
    this.render();
    this.grid.focus();
    this.events.onShown(rows.map(({ point }) => point));
  }

  close(): void {
    this.forget();
    this.shown = null;
    this.element.hidden = true;
    this.events.onShown(null);
  }

  private forget(): void {
    if (this.address !== null) URL.revokeObjectURL(this.address);
    this.address = null;
  }

  private render(): void {
    const rows = this.shown?.rows ?? [];
    const { scrollTop, clientHeight } = this.grid;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const last = Math.min(rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    fill(this.spacer, ...rows.slice(first, last).map((row, i) => this.row(row, first + i)));
    const inSight = this.active >= first && this.active < last;
    toggleAttribute(
      this.grid,
      "aria-activedescendant",
      inSight && rows.length > 0 ? `point-${this.active}` : null,
    );
  }

  private row({ cells, region }: PointRow, index: number): HTMLElement {
    const row = h(
      "div",
      {
        id: `point-${index}`,
        class: `points-row${index === this.active ? " active" : ""}${region === null ? " outside" : ""}`,
        role: "row",
        "data-index": index,
        "aria-rowindex": index + 2,
        "aria-selected": index === this.active,
      },
      ...cells.map((cell) => h("span", { role: "gridcell", title: cell }, cell)),
    );
    row.style.top = `${index * ROW}px`;
    return row;
  }

  private click(event: MouseEvent): void {
    const row = (event.target as Element).closest<HTMLElement>(".points-row[data-index]");
    if (row) this.go(Number(row.dataset.index));
  }

  private go(index: number): void {
    this.activate(index);
    const row = this.shown?.rows[index];
    if (row?.point) this.events.onGo(row.point, row.region);
  }

  /** Bring a row into sight, and let the keys go on from it. */
  activate(index: number): void {
    const rows = this.shown?.rows.length ?? 0;
    this.active = Math.max(0, Math.min(rows - 1, index));
    const top = this.active * ROW;
    const { scrollTop, clientHeight } = this.grid;
    // The row of names stays at the top, over the others.
    if (top < scrollTop) this.grid.scrollTop = top;
    else if (top + 2 * ROW > scrollTop + clientHeight) {
      this.grid.scrollTop = top + 2 * ROW - clientHeight;
    }
    this.render();
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / ROW) - 2);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.activate(this.active + 1),
      ArrowUp: () => this.activate(this.active - 1),
      PageDown: () => this.activate(this.active + page),
      PageUp: () => this.activate(this.active - page),
      Home: () => this.activate(0),
      End: () => this.activate(Number.MAX_SAFE_INTEGER),
      Enter: () => this.go(this.active),
      " ": () => this.go(this.active),
      Escape: () => this.close(),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}

/** The answer of the server as rows to show, beside the points that were sent. */
export function rowsOf(answer: Table, points: readonly (Vec3 | null)[]): PointRow[] {
  const id = answer.head.indexOf("region_id");
  return answer.rows.map((cells, i) => ({
    cells,
    point: points[i] ?? null,
    region: cells[id] || null,
  }));
}
