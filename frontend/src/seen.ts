/** Tells of each plane which regions are seen in it, for who does not see them. */

import type { Beholder } from "./board";
import type { Drawer } from "./drawer";
import { largest } from "./names";
import type { Panel } from "./panels";
import type { Session } from "./session";
import { t } from "./words";

/** It is told when the picture has stayed for so long, in ms. */
const REST = 500;
/** Pixels between two looks at what is drawn. */
const STEP = 12;
/** Names that are told of one plane. */
const MOST = 12;

export interface SeenDesk {
  readonly session: Session;
  drawer(): Drawer | null;
  panels(): readonly Panel[];
  /** Say of a panel, by its number, what is seen in it. */
  tell(panel: number, words: string): void;
}

export class Seen implements Beholder {
  private timer: number | undefined;

  constructor(private readonly desk: SeenDesk) {}

  viewed(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.look(), REST);
  }

  hover(): void {}

  private look(): void {
    const { session, drawer, panels, tell } = this.desk;
    panels().forEach((panel, i) => {
      const found = panel.axes && drawer()?.labelsIn(i, STEP);
      const drawn = found && session.view.style.regions ? found.labels : [];
      const regions = session.drawn.regions;
      const names = largest(drawn.map((label) => regions.get(label)?.name ?? null));
      const more = names.length - MOST;
      const told = [...names.slice(0, MOST), ...(more > 0 ? [t("and {n} more", { n: more })] : [])];
      tell(
        i,
        told.length > 0
          ? t("Regions in this plane, the largest first: {names}", { names: told.join(", ") })
          : "",
      );
    });
  }
}
