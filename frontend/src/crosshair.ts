/** Tells what is at the crosshair: at the foot of the page, and aloud when keys moved it there. */

import type { Beholder } from "./board";
import type { Drawer } from "./drawer";
import type { Vec3 } from "./geometry";
import type { Tip } from "./ui/tooltip";
import type { Cursor } from "./viewer/cursor";
import { t } from "./words";

/** It is told when the crosshair has stayed for so long, in ms. */
const REST = 250;

export interface CrosshairDesk {
  drawer(): Drawer | null;
  /** Where it is; `null` before anything is shown. */
  place(): Vec3 | null;
  /** A place in the words in which coordinates are read. */
  write(point: Vec3): string;
  tip(cursor: Cursor): Tip | null;
  show(words: string): void;
  say(words: string): void;
}

export class Crosshair implements Beholder {
  private timer: number | undefined;
  private before: { readonly place: string; readonly name: string } | null = null;
  /** Was the last that was done here done by a key? */
  private keyed = false;

  constructor(private readonly desk: CrosshairDesk) {
    const by = (keyed: boolean) => () => {
      this.keyed = keyed;
    };
    window.addEventListener("keydown", by(true), true);
    for (const kind of ["pointerdown", "wheel"]) window.addEventListener(kind, by(false), true);
  }

  viewed(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), REST);
  }

  hover(): void {}

  private async look(): Promise<void> {
    const { desk, before } = this;
    const drawer = desk.drawer();
    const point = desk.place();
    const cursor = point && (await drawer?.at(point));
    if (!point || !cursor) return;
    if (cursor.label === null && !drawer?.isReady()) {
      // What is not there yet is no answer.
      this.viewed();
      return;
    }
    const tip = desk.tip(cursor);
    const name = tip?.name ?? t("No region");
    const place = desk.write(point);
    desk.show(tip ? [name, tip.parent].filter(Boolean).join(", ") : name);
    this.before = { place, name };
    // Whoever comes reads the page first; what stays as it was is not said again. What comes later
    // and finer may tell another region at the same place.
    const same = before?.name === name;
    if (!this.keyed || before === null || (same && before.place === place)) return;
    const here = same ? [] : [name, tip?.parent];
    desk.say([...here, place].filter((words) => words).join(", "));
  }
}
