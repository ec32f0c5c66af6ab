/** The hand on the map: what the next click is for, and what it has marked so far. */

import type { Vec3 } from "./geometry";
import { distance, sayLength } from "./measure";
import type { Panel } from "./panels";
import type { Camera } from "./state";
import type { HandMarks, Mark } from "./ui/handmarks";
import type { Notices } from "./ui/notices";
import { t } from "./words";

export class Hand {
  /** By who drew them. */
  private readonly drawn = new Map<string, readonly Mark[]>();
  private waiting: ((point: Vec3) => void) | null = null;
  private panels: readonly Panel[] = [];
  private camera: Camera | null = null;

  constructor(
    private readonly marks: HandMarks,
    private readonly notices: Notices,
  ) {}

  /** The next click on the map is for this. */
  take(words: string, onPoint: (point: Vec3) => void): void {
    this.waiting = onPoint;
    this.notices.show({
      key: "hand",
      kind: "info",
      text: words,
      action: { label: t("Cancel"), run: () => this.let() },
    });
  }

  /** Does a click at a point belong to the hand? */
  takes(point: Vec3): boolean {
    const { waiting } = this;
    if (!waiting) return false;
    this.let();
    waiting(point);
    return true;
  }

  /** Wait for no click any more; was one waited for, or anything measured? */
  let(): boolean {
    const busy = this.waiting !== null;
    this.waiting = null;
    this.notices.dismiss("hand");
    return busy;
  }

  /** Measure from a point to where the next click is. */
  measure(from: Vec3): void {
    this.mark("measure", [{ points: [from], label: "" }]);
    this.take(t("Click where the line ends; it may be in another panel."), (to) => {
      const label = sayLength(distance(from, to));
      this.mark("measure", [{ points: [from, to], label }]);
      this.notices.show({
        key: "measure",
        kind: "info",
        text: t("From there to here: {length}.", { length: label }),
        action: { label: t("Take the line away"), run: () => this.mark("measure", []) },
      });
    });
  }

  mark(who: string, marks: readonly Mark[]): void {
    this.drawn.set(who, marks);
    this.draw();
  }

  show(panels: readonly Panel[], camera: Camera): void {
    this.panels = panels;
    this.camera = camera;
    this.draw();
  }

  private draw(): void {
    if (this.camera) this.marks.show([...this.drawn.values()].flat(), this.panels, this.camera);
  }
}
