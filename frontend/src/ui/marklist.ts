/** The list of annotations: as many as there are, drawn only where one looks. */

import type { Mark } from "../marks/mark";
import { plural, t } from "../words";
import { fill, h, icon } from "./dom";
import { measureText, nameOf, shapeName } from "./markwords";

export interface ListEvents {
  onChoose(mark: Mark): void;
  onFly(mark: Mark): void;
  onDelete(mark: Mark): void;
}

const ROW = 46;
const AROUND = 6;

export class MarkList {
  readonly element: HTMLElement;
  private readonly spacer = h("div", { class: "tree-spacer" });
  private marks: readonly Mark[] = [];
  private waiting: ReadonlySet<string> = new Set();
  private chosen: string | null = null;
  private active = 0;
  private color: (mark: Mark) => string = () => "#fff";

  constructor(private readonly events: ListEvents) {
    this.element = h(
      "div",
      {
        class: "mark-list",
        role: "listbox",
        tabindex: "0",
        "aria-label": t("Annotations"),
        onscroll: () => this.render(),
        onclick: (event: MouseEvent) => this.click(event),
        ondblclick: (event: MouseEvent) => {
          const mark = this.markAt(event);
          if (mark) this.events.onFly(mark);
        },
        onkeydown: (event: KeyboardEvent) => this.key(event),
      },
      this.spacer,
    );
    new ResizeObserver(() => this.render()).observe(this.element);
  }

  show(
    marks: readonly Mark[],
    chosen: string | null,
    waiting: ReadonlySet<string>,
    color: (mark: Mark) => string,
  ): void {
    const moved = chosen !== this.chosen;
    this.marks = marks;
    this.waiting = waiting;
    this.chosen = chosen;
    this.color = color;
    this.spacer.style.height = `${marks.length * ROW}px`;
    this.element.setAttribute(
      "aria-label",
      plural(marks.length, "{n} annotation", "{n} annotations"),
    );
    const at = chosen === null ? -1 : marks.findIndex(({ id }) => id === chosen);
    if (moved && at >= 0) this.reveal(at);
    this.render();
  }

  private reveal(index: number): void {
    this.active = index;
    const { scrollTop, clientHeight } = this.element;
    const top = index * ROW;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight)
      this.element.scrollTop = top + ROW - clientHeight;
  }

  private render(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - AROUND);
    const last = Math.min(this.marks.length, Math.ceil((scrollTop + clientHeight) / ROW) + AROUND);
    fill(this.spacer, ...this.marks.slice(first, last).map((mark, i) => this.row(mark, first + i)));
    const row = this.marks[this.active];
    if (row) this.element.setAttribute("aria-activedescendant", `mark-${row.id}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private row(mark: Mark, index: number): HTMLElement {
    const wait = this.waiting.has(mark.id);
    const badge = h("span", { class: "mark-badge", title: shapeName(mark.type) }, icon(mark.type));
    badge.style.color = this.color(mark);
    const row = h(
      "div",
      {
        id: `mark-${mark.id}`,
        class: index === this.active ? "mark-row active" : "mark-row",
        role: "option",
        "data-index": index,
        "aria-selected": mark.id === this.chosen,
        "aria-setsize": this.marks.length,
        "aria-posinset": index + 1,
      },
      badge,
      h(
        "span",
        { class: "mark-names" },
        h("span", { class: mark.label ? "mark-name" : "mark-name unnamed" }, nameOf(mark)),
        h("span", { class: "mark-region" }, wait ? t("waits for the server") : whereOf(mark)),
      ),
      h("span", { class: "mark-size" }, measureText(mark.type, mark.points)),
    );
    row.style.top = `${index * ROW}px`;
    return row;
  }

  private markAt(event: Event): Mark | undefined {
    const element = (event.target as Element).closest<HTMLElement>(".mark-row");
    return element ? this.marks[Number(element.dataset.index)] : undefined;
  }

  private click(event: MouseEvent): void {
    const mark = this.markAt(event);
    if (!mark) return;
    this.active = this.marks.indexOf(mark);
    this.events.onChoose(mark);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 1);
    const last = this.marks.length - 1;
    const go = (to: number) => {
      this.reveal(Math.min(last, Math.max(0, to)));
      this.render();
    };
    const mark = this.marks[this.active];
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(this.active + 1),
      ArrowUp: () => go(this.active - 1),
      PageDown: () => go(this.active + page),
      PageUp: () => go(this.active - page),
      Home: () => go(0),
      End: () => go(last),
      " ": () => mark && this.events.onChoose(mark),
      Enter: () => {
        if (!mark) return;
        this.events.onChoose(mark);
        this.events.onFly(mark);
      },
      Delete: () => mark && this.events.onDelete(mark),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  }
}

function whereOf({ region }: Mark): string {
  return region?.name ?? t("outside the regions");
}
