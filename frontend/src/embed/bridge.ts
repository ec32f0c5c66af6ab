/** The page in a frame, and the page around it: they tell each other what happens. */

import type { Beholder } from "../board";
import { toDocument } from "../document";
import { spaceOf } from "../library";
import { formatHash } from "../link";
import type { Region } from "../regions";
import type { Selection } from "../selection";
import type { Session } from "../session";
import { inWords } from "../ui/notices";
import type { Cursor } from "../viewer/cursor";
import { t } from "../words";
import { type Asked, idOf, isOurs, readMessage, VERSION } from "./messages";

/** While something moves it is told of this often, in ms. */
const PACE = 100;

export class Bridge implements Beholder {
  private told: string | null = null;
  private selected = "";
  private hovered: string | null = null;
  private timer: number | undefined;
  private ready = false;

  constructor(
    private readonly session: Session,
    private readonly selection: Selection,
    /** Origin of the page around the frame: nobody else is told or listened to. */
    private readonly origin: string,
    private readonly around: Window = window.parent,
  ) {
    window.addEventListener("message", (event) => {
      if (event.source !== around || event.origin !== origin || !isOurs(event.data)) return;
      void this.answer(event.data);
    });
  }

  viewed(): void {
    if (!this.session.started) return;
    if (!this.ready) {
      this.ready = true;
      this.told = formatHash(this.session.view);
      this.selected = this.selection.ids.join();
      this.tell("ready", this.view());
      return;
    }
    this.timer ??= window.setTimeout(() => this.changed(), PACE);
  }

  hover(cursor: Cursor | null): void {
    const tree = this.session.loaded.tree;
    const shown = cursor !== null && cursor.label !== null && this.session.view.style.regions;
    const region = shown && cursor.label !== null ? tree?.withLabel(cursor.label) : undefined;
    const id = region?.id ?? null;
    if (!this.ready || id === this.hovered) return;
    this.hovered = id;
    this.tell("hover", { region: region ? named(region) : null, point: cursor?.point ?? null });
  }

  private changed(): void {
    this.timer = undefined;
    const hash = formatHash(this.session.view);
    if (hash === this.told) return;
    this.told = hash;
    this.tell("view", this.view());
    const selected = this.selection.ids.join();
    if (selected === this.selected) return;
    this.selected = selected;
    const tree = this.session.loaded.tree;
    const regions = this.selection.ids.map((id) => {
      const region = tree?.get(id);
      return region ? named(region) : { id, acronym: "", name: id };
    });
    this.tell("select", { regions });
  }

  private async answer(json: Parameters<typeof readMessage>[0]): Promise<void> {
    const id = idOf(json);
    try {
      await this.act(readMessage(json));
      if (id !== null) this.tell("done", { id });
    } catch (error) {
      this.tell("error", { ...(id === null ? {} : { id }), text: inWords(error) });
    }
  }

  private async act(asked: Asked): Promise<void> {
    const { session, selection } = this;
    switch (asked.type) {
      case "setView":
        await ("hash" in asked ? session.openHash(asked.hash) : session.openDocument(asked.view));
        return;
      case "select":
        selection.select(
          asked.regions.map((text) => this.region(text)),
          true,
        );
        return;
      case "fly":
        if ("region" in asked) await selection.fly(this.region(asked.region));
        else session.go({ at: asked.point, ...(asked.zoom === null ? {} : { zoom: asked.zoom }) });
    }
  }

  /** The id of a region that is named by id or acronym. */
  private region(text: string): string {
    const tree = this.session.loaded.tree;
    const found = tree?.get(text) ?? tree?.regions.find(({ acronym }) => acronym === text);
    if (!found) throw new Error(t("There is no region “{name}” here.", { name: text }));
    return found.id;
  }

  private view(): object {
    const { view, loaded } = this.session;
    return {
      hash: formatHash(view),
      view: toDocument(view, { space: spaceOf(loaded) }),
    };
  }

  private tell(type: string, members: object): void {
    this.around.postMessage({ atlasview: VERSION, type, ...members }, this.origin);
  }
}

function named({ id, acronym, name }: Region): object {
  return { id, acronym, name };
}
