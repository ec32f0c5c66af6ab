/** The browser took the graphics card away: say so, and have the engine made anew. */

import type { Notices } from "./ui/notices";
import { t } from "./words";

/** How long to leave the browser alone before the first try and the later ones, in ms. */
const WAITS = [700, 3000, 10_000];
/** What is lost again so soon, in ms, is the same misfortune. */
const SOON = 60_000;

export interface RevivalEvents {
  /** Put the old engine away, and show what there is without one. */
  lay(): void;
  /** Make a new engine; throws where there is no card for it. */
  make(): void;
  done(): void;
}

export class Revival {
  private tries = 0;
  private last = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly notices: Notices,
    private readonly events: RevivalEvents,
  ) {}

  async begin(): Promise<void> {
    const now = performance.now();
    if (now - this.last > SOON) this.tries = 0;
    this.last = now;
    this.events.lay();
    const wait = WAITS[this.tries++];
    if (wait === undefined) {
      this.giveUp();
      return;
    }
    this.notices.show({
      key: "lost",
      kind: "info",
      text: t(
        "The browser took the graphics card away from this page. Until it is back you see the server’s coarser pictures.",
      ),
    });
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      this.events.make();
    } catch {
      void this.begin();
      return;
    }
    this.notices.dismiss("lost");
    this.events.done();
  }

  private giveUp(): void {
    const flat = new URL(location.href);
    flat.searchParams.set("viewer", "2d");
    this.notices.show({
      key: "lost",
      kind: "error",
      text: t(
        "The browser took the graphics card away from this page, again and again. The planes can be drawn without it.",
      ),
      action: { label: t("Draw without it"), run: () => location.assign(flat) },
    });
  }
}
