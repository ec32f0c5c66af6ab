/** What is said to screen readers: the region under the cursor to who asked for it, and what others say. */

import type { Beholder } from "./board";
import { h, say } from "./ui/dom";
import type { Tip } from "./ui/tooltip";
import type { Cursor } from "./viewer/cursor";
import { t } from "./words";

/** A region is said when the cursor has stayed in it for so long, in ms. */
const REST = 250;

export class Announcer implements Beholder {
  readonly element = h("p", { class: "off-screen", role: "status", "aria-live": "polite" });
  on = false;
  private timer: number | undefined;

  /** `tip` names what is under a cursor. */
  constructor(private readonly tip: (cursor: Cursor) => Tip | null) {}

  viewed(): void {}

  hover(cursor: Cursor | null): void {
    clearTimeout(this.timer);
    if (!this.on || cursor === null) return;
    this.timer = window.setTimeout(() => {
      const tip = this.tip(cursor);
      say(this.element, tip ? [tip.name, tip.parent].filter(Boolean).join(", ") : t("No region"));
    }, REST);
  }

  /** Say something now. */
  say(words: string): void {
    clearTimeout(this.timer);
    say(this.element, words);
  }

  /** Say that it says something from now on, or no longer. */
  turn(on: boolean): void {
    this.on = on;
    say(
      this.element,
      on
        ? t("The region under the cursor is said from now on.")
        : t("The region under the cursor is no longer said."),
    );
  }
}
