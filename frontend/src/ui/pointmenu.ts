/** The menu at a point: what is there, and what can be done there. */

import { formatPoint, type Vec3 } from "../geometry";
import type { Region } from "../regions";
import { type Assigned, type Frame, inFrame, type Value } from "../whereabouts";
import { t } from "../words";
import { fill, h, type IconName, icon, iconButton, swatch } from "./dom";

/** Something that can be done at a point. */
export interface PointAction {
  readonly label: string;
  readonly icon: IconName;
  run(point: Vec3): void;
}

/** What the server tells of a point, each part when it comes. */
export interface Told {
  readonly regions: Promise<readonly Assigned[] | null>;
  readonly value: Promise<Value | null>;
  readonly frames: Promise<readonly Frame[]>;
}

export interface PointMenuEvents {
  /** Ask what is at a point, until the menu closes. */
  ask(point: Vec3, signal: AbortSignal): Told;
  colorOf(region: Region): string;
  onRegion(id: string): void;
  onCopy(text: string): void;
  actions(): readonly PointAction[];
}

/** Decimals that tell voxels of a tenth of a micron apart are no use to read. */
const DECIMALS = 2;

export class PointMenu {
  readonly element: HTMLElement;

  private readonly here = h("div", { class: "menu-regions" });
  private readonly facts = h("dl", { class: "facts" });
  private readonly others = h("dl", { class: "facts" });
  private readonly more: HTMLDetailsElement;
  private readonly actions = h("ul", { class: "menu-actions" });
  private asking = new AbortController();
  private before: Element | null = null;

  constructor(private readonly events: PointMenuEvents) {
    this.more = h("details", { hidden: true }, h("summary", {}, t("Other spaces")), this.others);
    this.element = h(
      "div",
      {
        class: "point-menu",
        role: "dialog",
        "aria-label": t("At this point"),
        tabindex: "-1",
        hidden: true,
        onkeydown: (event: KeyboardEvent) => this.key(event),
        oncontextmenu: (event: MouseEvent) => event.preventDefault(),
      },
      h(
        "header",
        {},
        this.here,
        iconButton("close", t("Close the menu"), () => this.close()),
      ),
      this.facts,
      this.more,
      this.actions,
    );
    document.addEventListener("pointerdown", (event) => {
      if (!this.element.contains(event.target as Node)) this.close(false);
    });
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  /** Open at a place of the element that holds it, for a point of the world. */
  show(point: Vec3, place: { readonly x: number; readonly y: number }): void {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    if (!this.open) this.before = document.activeElement;
    fill(this.here, h("p", { class: "menu-wait" }, t("Asking what is here…")));
    fill(this.facts, ...this.coordinates("mm", formatPoint(point, DECIMALS)));
    this.more.hidden = true;
    fill(
      this.actions,
      ...this.events.actions().map((action) =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "menu-action",
              onclick: () => {
                this.close();
                action.run(point);
              },
            },
            icon(action.icon),
            action.label,
          ),
        ),
      ),
    );
    this.element.hidden = false;
    this.place(place);
    this.actions.querySelector("button")?.focus();
    void this.fill(point, place, signal);
  }

  close(back = true): void {
    if (!this.open) return;
    this.asking.abort();
    this.element.hidden = true;
    if (back && this.before instanceof HTMLElement) this.before.focus();
  }

  private async fill(point: Vec3, place: { x: number; y: number }, signal: AbortSignal) {
    const told = this.events.ask(point, signal);
    const show = async <T>(asked: Promise<T>, tell: (found: T) => void) => {
      try {
        const found = await asked;
        if (signal.aborted) return;
        tell(found);
        this.place(place);
      } catch (error) {
        if (signal.aborted) return;
        const words = error instanceof Error ? error.message : String(error);
        fill(this.here, h("p", { class: "menu-wait" }, words));
      }
    };
    await Promise.all([
      show(told.regions, (regions) => this.tellRegions(regions)),
      show(told.value, (value) => {
        if (!value) return;
        this.facts.append(
          ...this.coordinates(t("Voxel"), value.voxel.join(", ")),
          h("dt", {}, t("Value")),
          h("dd", {}, value.value),
        );
      }),
      show(told.frames, (frames) => {
        const rows = (own: boolean) =>
          frames
            .filter((frame) => frame.own === own)
            .flatMap((frame) => {
              const text = formatPoint(inFrame(frame, point), 1);
              return this.coordinates(frame.name, text, frame.accuracy);
            });
        this.facts.append(...rows(true));
        fill(this.others, ...rows(false));
        this.more.hidden = this.others.childElementCount === 0;
      }),
    ]);
  }

  private tellRegions(regions: readonly Assigned[] | null): void {
    if (regions === null || regions.length === 0) {
      const words = regions === null ? t("A point of the volume") : t("No region is here");
      fill(this.here, h("p", { class: "menu-region" }, words));
      return;
    }
    fill(
      this.here,
      ...regions
        .slice(0, 6)
        .map(({ region, ancestors, probability }) =>
          h(
            "div",
            {},
            h(
              "p",
              { class: "menu-region" },
              swatch(this.events.colorOf(region)),
              this.region(region),
              probability !== null && h("span", {}, `${Math.round(probability * 100)} %`),
            ),
            ancestors.length > 0 &&
              h("p", { class: "menu-path" }, ...ancestors.map((above) => this.region(above))),
          ),
        ),
    );
  }

  private region({ id, name }: Region): HTMLElement {
    const choose = () => {
      this.close();
      this.events.onRegion(id);
    };
    return h("button", { type: "button", class: "crumb", onclick: choose }, name);
  }

  /** Coordinates by name, and a button that copies them. */
  private coordinates(name: string, text: string, about = ""): HTMLElement[] {
    const copy = iconButton("copy", t("Copy {what}", { what: `${name} ${text}` }), () =>
      this.events.onCopy(text),
    );
    return [h("dt", { title: about }, name), h("dd", { title: about }, text, copy)];
  }

  /** Where it was asked for, but wholly inside what holds it. */
  private place({ x, y }: { readonly x: number; readonly y: number }): void {
    const holder = this.element.parentElement;
    if (!holder) return;
    const { offsetWidth: width, offsetHeight: height, style } = this.element;
    style.left = `${Math.max(4, Math.min(x, holder.clientWidth - width - 4))}px`;
    style.top = `${Math.max(4, Math.min(y, holder.clientHeight - height - 4))}px`;
  }

  private key(event: KeyboardEvent): void {
    const buttons = [...this.element.querySelectorAll<HTMLElement>("button, summary")].filter(
      (button) => button.offsetParent !== null,
    );
    const now = buttons.indexOf(document.activeElement as HTMLElement);
    const to: Readonly<Record<string, number>> = {
      ArrowDown: (now + 1) % buttons.length,
      ArrowUp: (now - 1 + buttons.length) % buttons.length,
      Home: 0,
      End: buttons.length - 1,
    };
    const next = to[event.key];
    // Nothing that is pressed here is for the map.
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    else if (next !== undefined) buttons[next]?.focus();
    else return;
    event.preventDefault();
  }
}
