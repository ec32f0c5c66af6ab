/** Five things to know, offered once to who comes to the page itself; again from the help. */

import { t } from "../words";
import { fill, h, iconButton } from "./dom";
import type { Notices } from "./notices";

const KEY = "atlasview.tour";

interface Stop {
  /** What it tells of; without it, or where that is hidden, the card lies in the middle. */
  readonly of: string;
  readonly title: string;
  readonly text: string;
}

const STOPS: readonly Stop[] = [
  {
    of: ".map",
    title: t("Move as on a map"),
    text: t(
      "Turn the wheel or pinch to zoom, drag to move. Ctrl and the wheel, or the strip at the side, step through the slices.",
    ),
  },
  {
    of: ".search",
    title: t("Find a region"),
    text: t("Type a name, an acronym or x, y, z in mm, and fly there with Enter."),
  },
  {
    of: ".tree",
    title: t("Choose regions"),
    text: t(
      "Click a region in the tree or on the map to select it; with Ctrl several. What is selected stands out.",
    ),
  },
  {
    of: '[aria-controls="layers"]',
    title: t("See it your way"),
    text: t("Contrast, opacity, outlines, other templates and parcellations are under Layers."),
  },
  {
    of: ".actions",
    title: t("Show it to others"),
    text: t(
      "The address always holds what you see. Share makes a short link, and ? shows every key.",
    ),
  },
];

/** Was it offered in this browser before? One that keeps nothing is not asked again and again. */
export function wasToured(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

function keepOffered(): void {
  try {
    localStorage.setItem(KEY, "1");
  } catch {
    // Then it is not kept; `wasToured` does not ask there either.
  }
}

/** What somebody does who has begun. */
const BEGINNINGS = ["pointerdown", "wheel", "keydown"] as const;

export class Tour {
  readonly element = h("div", {
    class: "tour",
    role: "dialog",
    "aria-labelledby": "tour-title",
    hidden: true,
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.end();
    },
  });
  private readonly light = h("div", { class: "tour-light", "aria-hidden": "true", hidden: true });
  private at = 0;

  constructor(private readonly root: HTMLElement) {
    root.append(this.light, this.element);
    window.addEventListener("resize", () => this.place());
  }

  /** Offer it to a newcomer, who may as well begin: then the offer goes. */
  offer(notices: Notices): void {
    keepOffered();
    const key = "tour";
    notices.show({
      key,
      kind: "info",
      text: t("New here? Five cards show what this page can do."),
      action: { label: t("Take the tour"), run: () => this.start() },
    });
    const begun = ({ target }: Event) => {
      if (notices.element.contains(target as Node)) return;
      notices.dismiss(key);
      for (const kind of BEGINNINGS) window.removeEventListener(kind, begun, true);
    };
    for (const kind of BEGINNINGS) window.addEventListener(kind, begun, true);
  }

  start(): void {
    this.at = 0;
    this.element.hidden = false;
    this.show();
  }

  end(): void {
    this.element.hidden = true;
    this.light.hidden = true;
  }

  private show(): void {
    const stop = STOPS[this.at];
    if (!stop) {
      this.end();
      return;
    }
    const last = this.at === STOPS.length - 1;
    const next = h(
      "button",
      { type: "button", class: "tour-next", onclick: () => this.go(1) },
      last ? t("Begin") : t("Next"),
    );
    fill(
      this.element,
      h(
        "div",
        { class: "tour-head" },
        h("h2", { id: "tour-title" }, stop.title),
        iconButton("close", t("Leave the tour"), () => this.end()),
      ),
      h("p", {}, stop.text),
      h(
        "div",
        { class: "tour-foot" },
        h("span", {}, t("{at} of {n}", { at: this.at + 1, n: STOPS.length })),
        this.at > 0 &&
          h(
            "button",
            { type: "button", class: "text-button", onclick: () => this.go(-1) },
            t("Back"),
          ),
        next,
      ),
    );
    this.place();
    next.focus({ preventScroll: true });
  }

  private go(by: number): void {
    this.at += by;
    this.show();
  }

  /** Beside what it tells of, which is lit. */
  private place(): void {
    const stop = STOPS[this.at];
    if (this.element.hidden || !stop) return;
    const found = this.root.querySelector<HTMLElement>(stop.of);
    const box = found?.checkVisibility() ? found.getBoundingClientRect() : null;
    const { innerWidth: width, innerHeight: height } = window;
    const { offsetWidth: w, offsetHeight: hh } = this.element;
    this.light.hidden = box === null;
    let left = (width - w) / 2;
    let top = (height - hh) / 2;
    if (box) {
      const { style } = this.light;
      style.left = `${box.left}px`;
      style.top = `${box.top}px`;
      style.width = `${box.width}px`;
      style.height = `${box.height}px`;
      const large = box.width > width / 2 && box.height > height / 2;
      left = large ? box.left + (box.width - w) / 2 : box.left;
      top = large ? box.top + (box.height - hh) / 2 : box.bottom + 10;
      if (!large && top + hh > height) {
        left = box.right + 10;
        top = box.top + 10;
      }
    }
    this.element.style.left = `${Math.max(8, Math.min(left, width - w - 8))}px`;
    this.element.style.top = `${Math.max(8, Math.min(top, height - hh - 8))}px`;
  }
}
