/** What is selected, and what is told of it: in the bar, in the tree, in the card. */

import type { Api } from "./api";
import { zoomToFit } from "./geometry";
import { isHidden, toggledHidden } from "./hiding";
import type { RegionDetails } from "./regionfacts";
import type { Region } from "./regions";
import type { Rooms } from "./rooms";
import { panelSize } from "./scene";
import type { Session } from "./session";
import type { Camera } from "./state";
import { inWords, type Notices } from "./ui/notices";
import type { Chip } from "./ui/toolbar";
import type { Tip } from "./ui/tooltip";
import type { Cursor } from "./viewer/cursor";
import type { Picked } from "./viewer/viewer";
import { t } from "./words";

export class Selection {
  /** What the view that is shown was called by who shared it. */
  titled: string | null = null;
  private asking = new AbortController();

  constructor(
    private readonly api: Api,
    private readonly session: Session,
    private readonly rooms: Pick<Rooms, "toolbar" | "treeView" | "details">,
    private readonly notices: Notices,
  ) {}

  get ids(): readonly string[] {
    return this.session.view.style.selected;
  }

  /** The region whose details are shown. */
  get last(): string | undefined {
    return this.ids.at(-1);
  }

  get lastRegion(): Region | null {
    const { last } = this;
    return (last !== undefined && this.session.loaded.tree?.get(last)) || null;
  }

  select(ids: readonly string[], reveal = false): void {
    if (ids.join() !== this.ids.join()) this.session.choose({ selected: ids });
    this.show(reveal);
  }

  /** Hide regions, or show them again where they are hidden. */
  hide(ids: readonly string[]): void {
    const { tree } = this.session.loaded;
    const { hidden } = this.session.view.style;
    if (!tree || ids.length === 0) return;
    this.session.choose({ hidden: toggledHidden(tree, hidden, ids) });
  }

  /** Draw what is selected alone, or all again. */
  isolate(): void {
    const { isolate } = this.session.view.style;
    if (!isolate && this.ids.length === 0) return;
    this.session.choose({ isolate: !isolate });
  }

  /** Choose a region's colour, or with `null` its own again. */
  color(id: string, color: string | null): void {
    const { [id]: _, ...others } = this.session.view.style.colors;
    const colors = color === null ? others : { ...others, [id]: color };
    if (color === null) this.session.choose({ colors });
    else this.session.adjust({ colors });
  }

  toggle(id: string): void {
    const others = this.ids.filter((other) => other !== id);
    this.select(others.length < this.ids.length ? others : [...this.ids, id], true);
  }

  /** A click on the map. */
  pick({ cursor, toggle }: Picked): void {
    const { loaded, view } = this.session;
    const { label } = cursor;
    if (!loaded.scene.labels || !view.style.regions) return;
    const region = this.regionAt(cursor);
    const id = region?.id ?? (loaded.tree || !label ? null : String(label));
    if (id === null) return;
    if (toggle) this.toggle(id);
    else this.select([id], true);
  }

  async fly(id: string): Promise<void> {
    const { atlas, parcellation } = this.session.view.data;
    if (!atlas || !parcellation) return;
    const signal = this.ask();
    try {
      const details = await this.api.details(atlas, parcellation, id, signal);
      if (signal.aborted) return;
      if (this.last === id) this.rooms.details.know(details);
      if (!details.centroid) {
        this.notices.show({
          key: "fly",
          kind: "info",
          text: t("{name} has no voxels in this parcellation.", { name: details.region.name }),
          brief: true,
        });
        return;
      }
      this.session.go({ at: details.centroid, ...this.zoomOn(details) });
    } catch (error) {
      if (!signal.aborted) this.notices.failed(error, () => void this.fly(id));
    }
  }

  /** So near that the region fills about half of a panel; never farther than the whole brain. */
  private zoomOn({ box }: RegionDetails): Partial<Camera> {
    if (!box) return {};
    const size = panelSize(this.session.view.style.layout, this.session.mapSize());
    return { zoom: Math.min(zoomToFit(box, [size], 2.2), this.session.home().zoom) };
  }

  /** What is shown, in a few words: the selected regions, or else the data. */
  titleNow(): string {
    const { tree, atlas, scene } = this.session.loaded;
    const names = this.ids.slice(0, 3).map((id) => tree?.get(id)?.name ?? t("Label {id}", { id }));
    return names.join(", ") || (atlas?.name ?? scene.image?.name ?? scene.labels?.name ?? "");
  }

  /** Show everywhere what is selected; `reveal` it in the tree. */
  show(reveal: boolean): void {
    this.rooms.treeView.select(this.ids, reveal);
    this.asking.abort();
    const region = this.redraw();
    if (region) void this.learn(region);
  }

  /** Show anew how it is drawn, without asking what it is. */
  redraw(): Region | null {
    const { tree, atlas, scene } = this.session.loaded;
    const { toolbar, details } = this.rooms;
    const chips = this.ids.map((id): Chip => {
      const region = tree?.get(id);
      return {
        id,
        name: region?.name ?? t("Label {label}", { label: id }),
        color: region ? this.session.colorOf(region) : null,
      };
    });
    toolbar.showSelected(chips);
    const data = atlas?.name ?? scene.image?.name;
    const named = [this.titled || undefined, chips.at(-1)?.name, data, "AtlasView"];
    document.title = [...new Set(named)].filter((part) => part !== undefined).join(" · ");
    const region = this.last === undefined ? undefined : tree?.get(this.last);
    if (!region || !tree) {
      details.hideCard();
      return null;
    }
    const { isolate, hidden, colors } = this.session.view.style;
    details.show(region, tree.ancestorsOf(region), tree.labelsOf([region.id]).length, {
      hidden: isHidden(tree, new Set(hidden), region.id),
      isolated: isolate,
      colored: Object.hasOwn(colors, region.id),
    });
    return region;
  }

  private async learn(region: Region): Promise<void> {
    const { atlas, parcellation } = this.session.view.data;
    if (!atlas || !parcellation) return;
    const signal = this.ask();
    try {
      this.rooms.details.know(await this.api.details(atlas, parcellation, region.id, signal));
    } catch (error) {
      if (!signal.aborted) this.rooms.details.failed(inWords(error));
    }
  }

  private ask(): AbortSignal {
    this.asking.abort();
    this.asking = new AbortController();
    return this.asking.signal;
  }

  /** The region that is drawn under the mouse. */
  private regionAt({ label, solid }: Cursor): Region | null {
    const { drawn, loaded } = this.session;
    if (solid !== null) {
      const shown = drawn.solids.find(({ segment }) => segment === solid);
      if (shown) return loaded.tree?.get(shown.region) ?? null;
    }
    return label === null ? null : (drawn.regions.get(label) ?? null);
  }

  /** What is to be said of what is under the mouse. */
  tip(cursor: Cursor): Tip | null {
    if (!this.session.view.style.regions) return null;
    const { loaded, drawn } = this.session;
    const { tree } = loaded;
    const { label } = cursor;
    const region = this.regionAt(cursor);
    if (region) {
      const parent = tree?.parentOf(region)?.name ?? null;
      return { color: this.session.colorOf(region), name: region.name, parent };
    }
    if (label === null || label === 0n || drawn.regions.has(label)) return null;
    return {
      color: null,
      name: t("Label {label}", { label: String(label) }),
      parent: tree ? t("no region of this parcellation has it") : null,
    };
  }
}
