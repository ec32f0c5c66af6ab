/** What is selected, and what is told of it: in the bar, in the tree, in the card. */

import type { Api, RegionDetails } from "./api";
import { zoomToFit } from "./geometry";
import type { Region } from "./regions";
import type { Rooms } from "./rooms";
import { panelSize } from "./scene";
import type { Session } from "./session";
import type { Camera } from "./state";
import { inWords, type Notices } from "./ui/notices";
import type { Chip } from "./ui/toolbar";
import type { Tip } from "./ui/tooltip";
import type { Picked } from "./viewer/viewer";

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

  select(ids: readonly string[], reveal = false): void {
    if (ids.join() !== this.ids.join()) this.session.choose({ selected: ids });
    this.show(reveal);
  }

  toggle(id: string): void {
    const others = this.ids.filter((other) => other !== id);
    this.select(others.length < this.ids.length ? others : [...this.ids, id], true);
  }

  /** A click on the map. */
  pick({ cursor, toggle }: Picked): void {
    const { tree, scene } = this.session.loaded;
    if (!scene.labels || !this.session.view.style.regions || cursor.label === null) return;
    const region = tree?.withLabel(cursor.label);
    const id = region?.id ?? (tree || cursor.label === 0n ? null : String(cursor.label));
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
          text: `${details.region.name} has no voxels in this parcellation.`,
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

  /** Show everywhere what is selected; `reveal` it in the tree. */
  show(reveal: boolean): void {
    const { tree, atlas, scene } = this.session.loaded;
    const { toolbar, treeView, details } = this.rooms;
    const chips = this.ids.map((id): Chip => {
      const region = tree?.get(id);
      return { id, name: region?.name ?? `Label ${id}`, rgb: region?.rgb ?? null };
    });
    toolbar.showSelected(chips);
    treeView.select(this.ids, reveal);
    document.title = [
      this.titled || undefined,
      chips.at(-1)?.name,
      atlas?.name ?? scene.image?.name,
      "AtlasView",
    ]
      .filter((part) => part !== undefined)
      .join(" · ");
    this.asking.abort();
    const region = this.last === undefined ? undefined : tree?.get(this.last);
    if (!region || !tree) {
      details.hide();
      return;
    }
    const labels = tree.labelsOf([region.id]).length;
    details.show(region, tree.ancestorsOf(region), labels, atlas?.citation ?? null);
    void this.learn(region);
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

  /** What is to be said of a label under the mouse. */
  tip(label: bigint | null): Tip | null {
    if (label === null || !this.session.view.style.regions) return null;
    const { tree } = this.session.loaded;
    const region = tree?.withLabel(label);
    if (region) {
      return { rgb: region.rgb, name: region.name, parent: tree?.parentOf(region)?.name ?? null };
    }
    if (label === 0n) return null;
    return {
      rgb: null,
      name: `Label ${label}`,
      parent: tree ? "no region of this parcellation has it" : null,
    };
  }
}
