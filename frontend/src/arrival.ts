/** From the page's first moment to its first view: what there is, what the address names, the engine. */

import type { Board } from "./board";
import type { Engine } from "./engine";
import type { Library } from "./library";
import { parseHash } from "./link";
import type { Marking } from "./marking";
import { offersOf } from "./offers";
import type { Opened } from "./opened";
import type { Place } from "./place";
import type { PlaneRoom } from "./planeroom";
import type { Pulse } from "./pulse";
import type { Rooms } from "./rooms";
import type { Selection } from "./selection";
import type { Session } from "./session";
import { gonePage } from "./ui/gone";
import { inWords, type Notices } from "./ui/notices";
import { type Tour, wasToured } from "./ui/tour";
import { isGone, type SharedView, type Views } from "./views";
import { watch } from "./watch";
import { t } from "./words";

/** A server that did not answer is asked again after so long, in ms. */
const AGAIN = 3000;
const RELOAD = { label: t("Reload the page"), run: () => location.reload() };

/** Whom it asks, and whom it tells. */
export interface ArrivalParts {
  readonly root: HTMLElement;
  readonly place: Place;
  readonly library: Library;
  /** The page only shows. */
  readonly minimal: boolean;
  readonly views: Views;
  readonly session: Session;
  readonly rooms: Rooms;
  readonly notices: Notices;
  readonly engine: Engine;
  readonly board: Board;
  readonly pulse: Pulse;
  readonly selection: Selection;
  readonly marking: Marking;
  readonly opened: Opened;
  readonly planeRoom: PlaneRoom;
  readonly tour: Tour;
  /** Something more was drawn. */
  readonly onDrawn: () => void;
}

export class Arrival {
  constructor(private readonly parts: ArrivalParts) {}

  /** Ask the server what there is, and open what the address names. */
  async start(): Promise<void> {
    const { root, place, library, views, rooms, notices, session, opened, tour } = this.parts;
    rooms.status.showLoading(0);
    const { signal } = new AbortController();
    const { view, revision, step } = place;
    let shared: SharedView | null;
    try {
      [shared] = await Promise.all([
        view === null ? null : views.get(view, revision, signal),
        library.read(signal),
      ]);
    } catch (error) {
      rooms.status.showLoading(null);
      if (view !== null && isGone(error)) {
        const { detail } = error.told;
        const said = typeof detail === "string" ? detail : inWords(error);
        const page = gonePage(error.status === 410, said, place.base.href);
        document.title = page.querySelector("h1")?.textContent ?? document.title;
        root.replaceChildren(page);
      } else {
        this.startAgain(error);
      }
      return;
    }
    const { atlases, volumes } = library;
    rooms.toolbar.offer(offersOf(atlases, volumes));
    void this.parts.marking.start();
    if (volumes.length === 0) {
      rooms.status.showLoading(null);
      notices.show({
        key: "empty",
        kind: "error",
        text: t(
          "This server has no volumes yet. Add one with “atlasview ingest FILE.nii.gz --as NAME”, or try “atlasview demo”, and reload this page.",
        ),
        action: RELOAD,
      });
      return;
    }
    if (shared) {
      this.parts.selection.titled = shared.title;
      opened.open(shared, step);
    }
    const { hash } = session.address;
    await session.openHash(hash);
    this.offerPlane(parseHash(hash).plane);
    // Who follows a link comes to see what it shows.
    const guest = this.parts.minimal || view !== null || hash !== "";
    if (!guest && !session.address.framed && !wasToured()) tour.offer(notices);
    if (this.parts.engine.drawer === null) await this.bringEngine();
  }

  /** Nothing was to be had: say so, and try again by itself. */
  private startAgain(error: unknown): void {
    const again = () => {
      clearTimeout(timer);
      this.parts.notices.dismiss("server");
      void this.start();
    };
    const timer = window.setTimeout(again, AGAIN);
    this.parts.notices.failed(error, again);
  }

  private async bringEngine(): Promise<void> {
    const { session, engine, board, rooms, notices, pulse, onDrawn } = this.parts;
    if (session.started) engine.cover();
    board.showPanels();
    try {
      await engine.bring();
    } catch {
      notices.show({
        key: "engine",
        kind: "error",
        text: t("A part of this page could not be loaded. Is the server still running?"),
        action: RELOAD,
      });
      return;
    }
    watch(() => engine.drawer, rooms.status, notices, pulse, onDrawn);
    await engine.uncover();
  }

  /** A link may name the plane that it shows: it can be kept by that name. */
  private offerPlane(name: string | null): void {
    const { session, planeRoom, notices } = this.parts;
    if (name === null || !session.started) return;
    const plane = planeRoom.offerNamed(name);
    notices.show({
      key: "plane",
      kind: "info",
      text: t("This link shows the plane “{name}”.", { name }),
      action: { label: t("Keep it here"), run: () => planeRoom.keepPlane(plane) },
    });
  }
}
