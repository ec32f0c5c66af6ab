/** The page: it holds the one view there is, and tells every room of its changes. */

import { Address } from "./address";
import { Api, ApiError, type Atlas, type RegionDetails, type Volume } from "./api";
import { decimalsToRead, formatPoint, sameTurn, UPRIGHT, zoomToFit } from "./geometry";
import { type Region, RegionTree } from "./regions";
import {
  type Camera,
  canonical,
  type Data,
  DRAWINGS,
  formatHash,
  LAYOUTS,
  type Layout,
  parseHash,
  type Scene,
  STYLE,
  type Style,
  sameCamera,
  type View,
  type Wish,
} from "./state";
import { Details } from "./ui/details";
import { h } from "./ui/dom";
import { Help } from "./ui/help";
import { LayersPanel } from "./ui/layers";
import { Notices } from "./ui/notices";
import { Overlay } from "./ui/overlay";
import { Search } from "./ui/search";
import { Status } from "./ui/status";
import { type Chip, Toolbar } from "./ui/toolbar";
import { type Tip, Tooltip } from "./ui/tooltip";
import { TreeView } from "./ui/tree";
import { VolumeList } from "./ui/volumes";
import { type Cursor, type Pick, Viewer } from "./viewer/viewer";

/** What a view shows, found and loaded. */
interface Loaded {
  readonly data: Data;
  readonly atlas: Atlas | null;
  readonly tree: RegionTree | null;
  readonly scene: Scene;
}

const NOWHERE: Camera = { at: [0, 0, 0], zoom: 1, turn: UPRIGHT, zoom3d: 1, turn3d: UPRIGHT };
const NARROW = 700;
/** What the server calls the space of a volume that names none: no two of these are the same. */
const NO_SPACE = "unspecified";
const NO_DATA: Data = { atlas: null, template: null, parcellation: null, volume: null };

export class App {
  readonly viewer: Viewer;

  private readonly api: Api;
  private readonly address: Address;
  private readonly notices = new Notices();
  private readonly toolbar: Toolbar;
  private readonly search: Search;
  private readonly treeView: TreeView;
  private readonly volumeList: VolumeList;
  private readonly details: Details;
  private readonly layers: LayersPanel;
  private readonly status: Status;
  private readonly overlay: Overlay;
  private readonly tooltip: Tooltip;
  private readonly help = new Help();
  private readonly drawer: HTMLElement;

  private volumes: readonly Volume[] = [];
  private atlases: readonly Atlas[] = [];
  private readonly trees = new Map<string, { tree: RegionTree; colors: Record<string, string> }>();
  private loaded: Loaded = {
    data: NO_DATA,
    atlas: null,
    tree: null,
    scene: { image: null, labels: null, colors: {} },
  };
  private view: View = { data: NO_DATA, camera: NOWHERE, style: STYLE };
  private drawerOpen = true;
  private layersOpen = false;
  private applying = false;
  private opening = new AbortController();
  private asking = new AbortController();
  private started = false;

  constructor(root: HTMLElement, base: URL) {
    this.api = new Api(base);
    const map = h("div", { class: "map", role: "region", "aria-label": "Map of the brain" });
    const stage = h("main", { class: "stage" }, map);

    this.toolbar = new Toolbar({
      onDrawer: () => this.openDrawer(!this.drawerOpen),
      onData: (data) => void this.switchTo(data),
      onLayout: (layout) => this.choose({ layout }),
      onHome: () => this.home(),
      onLevel: () => this.go({ turn: UPRIGHT }),
      onLayers: () => this.openLayers(!this.layersOpen),
      onCopyLink: () => void this.copyLink(),
      onHelp: () => this.help.open(),
      onChip: (id) => {
        this.openDrawer(true);
        this.select([...this.view.style.selected.filter((other) => other !== id), id], true);
      },
      onUnselect: (id) => this.select(this.view.style.selected.filter((other) => other !== id)),
      onClear: () => this.select([]),
    });
    this.search = new Search({
      find: (text, signal) => this.find(text, signal),
      onRegion: (region) => {
        this.select([region.id], true);
        void this.fly(region.id);
      },
      onPoint: (point) => this.go({ at: point }),
    });
    this.treeView = new TreeView({
      onSelect: (id, toggle) => (toggle ? this.toggle(id) : this.select([id])),
      onFly: (id) => void this.fly(id),
    });
    this.volumeList = new VolumeList((volume) => void this.switchTo({ ...NO_DATA, volume }));
    this.details = new Details({
      onSelect: (id) => this.select([id], true),
      onFly: (id) => void this.fly(id),
      onGo: (at) => this.go({ at }),
      onClear: () => this.select([]),
    });
    this.layers = new LayersPanel({
      onStyle: (patch) => this.adjust(patch),
      onData: (patch) => void this.switchTo({ ...this.view.data, ...patch }),
      onClose: () => this.openLayers(false),
    });
    this.status = new Status({
      onGo: (at) => this.go({ at }),
      onCopy: (text) => void this.copy(text, "The position is copied."),
    });
    this.overlay = new Overlay((plane) => this.choose({ layout: plane ?? "4panel" }));
    this.tooltip = new Tooltip(map);
    this.drawer = h(
      "aside",
      { id: "drawer", class: "drawer", "aria-label": "Regions" },
      this.search.element,
      this.treeView.element,
      this.volumeList.element,
      this.details.element,
    );
    root.replaceChildren(
      this.toolbar.element,
      h("div", { class: "body" }, this.drawer, stage),
      this.status.element,
      this.help.element,
    );
    stage.append(this.layers.element, this.notices.element);

    const surface = h("div", { class: "surface" });
    map.append(surface, this.overlay.element, this.tooltip.element);
    this.viewer = new Viewer(surface);
    this.viewer.onCamera = () => this.moved();
    this.viewer.onCursor = (cursor) => this.hover(cursor);
    this.viewer.onPick = (pick) => this.pick(pick);
    this.viewer.onPanels = () => this.showPanels();
    this.viewer.onLost = () =>
      this.notices.show({
        key: "lost",
        kind: "error",
        text: "The browser took the graphics card away from this page, so nothing can be drawn.",
        action: { label: "Reload the page", run: () => location.reload() },
      });

    this.address = new Address(() => formatHash(this.view));
    this.address.onWalk = (hash) => void this.openHash(hash);
    this.address.onSettled = () => this.snap();
    root.addEventListener("pointerdown", () => this.address.hold(true), true);
    for (const end of ["pointerup", "pointercancel", "blur"] as const) {
      window.addEventListener(end, () => this.address.hold(false), true);
    }
    document.addEventListener("keydown", (event) => this.key(event));
    this.openDrawer(window.innerWidth >= NARROW);
    this.openLayers(false);
    this.showSelected();
    this.toolbar.showTilt(false);
  }

  /** Ask the server what there is, and open what the address names. */
  async start(): Promise<void> {
    this.status.showLoading(0);
    const { signal } = new AbortController();
    try {
      [this.volumes, this.atlases] = await Promise.all([
        this.api.volumes(signal),
        this.api.atlases(signal),
      ]);
    } catch (error) {
      this.status.showLoading(null);
      this.failed(error, () => void this.start());
      return;
    }
    this.toolbar.offer(this.atlases, this.volumes);
    if (this.volumes.length === 0) {
      this.status.showLoading(null);
      this.notices.show({
        key: "empty",
        kind: "error",
        text:
          "This server has no volumes yet. Add one with “atlasview ingest FILE.nii.gz --as NAME”, " +
          "or try “atlasview demo”, and reload this page.",
        action: { label: "Reload the page", run: () => location.reload() },
      });
      return;
    }
    await this.openHash(this.address.hash);
    this.watch();
  }

  /** What is shown now, for tests and for whoever looks at it in the console. */
  state(): { hash: string; view: View; engine: Camera; loaded: boolean; settled: boolean } {
    return {
      hash: formatHash(this.view),
      view: this.view,
      engine: this.viewer.camera(),
      loaded: this.started,
      settled: this.address.settled,
    };
  }

  // ------------------------------------------------------------ opening

  private async openHash(hash: string): Promise<void> {
    const { wish, notices } = parseHash(hash);
    await this.open(wish, notices);
  }

  private async open(wish: Wish, words: readonly string[] = []): Promise<void> {
    this.opening.abort();
    this.opening = new AbortController();
    const { signal } = this.opening;
    const notices = [...words];
    const data = this.resolve(wish.data, notices);
    let loaded: Loaded;
    try {
      loaded = await this.load(data, signal);
    } catch (error) {
      if (signal.aborted) return;
      this.failed(error, () => void this.open(wish, words));
      return;
    }
    if (signal.aborted) return;
    this.loaded = loaded;
    const style = { ...STYLE, ...wish.style };
    const known = style.selected.filter((id) => this.knows(id));
    if (known.length < style.selected.length) {
      notices.push(
        "This link selects regions that are not in this parcellation; they were left out.",
      );
    }
    const camera = { ...this.viewer.home(loaded.scene, style.layout), ...wish.camera };
    this.view = { data, camera: canonical(camera), style: { ...style, selected: known } };
    this.started = true;
    this.apply();
    this.showSelected(true);
    this.address.rewrite();
    this.notices.dismiss("link");
    if (notices.length > 0) {
      this.notices.show({ key: "link", kind: "info", text: notices.join(" ") });
    }
  }

  /** Show other data, at the same place where that place exists in them too. */
  private async switchTo(data: Data): Promise<void> {
    const before = this.loaded;
    const spaceOf = ({ scene }: Loaded) => (scene.image ?? scene.labels)?.space ?? NO_SPACE;
    const { view } = this;
    this.opening.abort();
    this.opening = new AbortController();
    const { signal } = this.opening;
    try {
      const next = this.resolve(data, []);
      const loaded = await this.load(next, signal);
      if (signal.aborted) return;
      this.loaded = loaded;
      const stays = spaceOf(before) !== NO_SPACE && spaceOf(before) === spaceOf(loaded);
      this.view = {
        data: next,
        camera: canonical(stays ? view.camera : this.viewer.home(loaded.scene, view.style.layout)),
        style: {
          ...view.style,
          window: loaded.scene.image?.id === before.scene.image?.id ? view.style.window : null,
          selected: loaded.tree === before.tree ? view.style.selected : [],
        },
      };
      this.apply();
      this.showSelected();
      this.address.chosen();
    } catch (error) {
      if (signal.aborted) return;
      this.toolbar.showData(this.view.data);
      this.failed(error, () => void this.switchTo(data));
    }
  }

  /** Complete a wish for data with what the server has. */
  private resolve(wish: Partial<Data>, notices: string[]): Data {
    if (wish.volume) {
      if (this.volumes.some(({ id }) => id === wish.volume))
        return { ...NO_DATA, volume: wish.volume };
      notices.push(`There is no volume “${wish.volume}” on this server.`);
    }
    if (wish.atlas && !this.atlases.some(({ id }) => id === wish.atlas)) {
      notices.push(`There is no atlas “${wish.atlas}” on this server.`);
    }
    const atlas = this.atlases.find(({ id }) => id === wish.atlas) ?? this.atlases[0];
    if (!atlas) {
      const first = this.volumes.find(({ kind }) => kind === "image") ?? this.volumes[0];
      return { ...NO_DATA, volume: first?.id ?? null };
    }
    const own = <T extends string>(
      wished: T | null | undefined,
      ids: readonly T[],
      what: string,
    ) => {
      if (wished && ids.includes(wished)) return wished;
      if (wished) notices.push(`${atlas.name} has no ${what} “${wished}”.`);
      return ids[0] ?? null;
    };
    return {
      atlas: atlas.id,
      template: own(wish.template, atlas.templates, "template"),
      parcellation: own(
        wish.parcellation,
        atlas.parcellations.map(({ id }) => id),
        "parcellation",
      ),
      volume: null,
    };
  }

  private async load(data: Data, signal: AbortSignal): Promise<Loaded> {
    const volume = (id: string | null | undefined) => {
      const found = this.volumes.find((candidate) => candidate.id === id);
      if (id && !found)
        throw new ApiError(`The server names a volume “${id}” that it does not list.`);
      return found ?? null;
    };
    const atlas = this.atlases.find(({ id }) => id === data.atlas) ?? null;
    if (!atlas) {
      const only = volume(data.volume);
      const image = only?.kind === "image" ? only : null;
      const labels = only?.kind === "labels" ? only : null;
      return { data, atlas: null, tree: null, scene: { image, labels, colors: NO_COLORS } };
    }
    const parcellation = atlas.parcellations.find(({ id }) => id === data.parcellation);
    const regions = parcellation ? await this.regions(atlas.id, parcellation.id, signal) : null;
    return {
      data,
      atlas,
      tree: regions?.tree ?? null,
      scene: {
        image: volume(data.template),
        labels: volume(parcellation?.labels),
        colors: regions?.colors ?? NO_COLORS,
      },
    };
  }

  private async regions(atlas: string, parcellation: string, signal: AbortSignal) {
    const key = JSON.stringify([atlas, parcellation]);
    let found = this.trees.get(key);
    if (!found) {
      const tree = new RegionTree(await this.api.regions(atlas, parcellation, signal));
      found = { tree, colors: tree.colors() };
      this.trees.set(key, found);
    }
    return found;
  }

  // ------------------------------------------------------------ changing the view

  private apply(): void {
    const { view, loaded } = this;
    this.applying = true;
    try {
      this.viewer.show(view, loaded.scene, this.visible(), (path) => this.api.resolve(path));
    } finally {
      this.applying = false;
    }
    this.render();
  }

  /** Change the style by a choice: a step of Back. */
  private choose(patch: Partial<Style>): void {
    this.view = { ...this.view, style: { ...this.view.style, ...patch } };
    this.apply();
    this.address.chosen();
  }

  /** Change the style by something that slides: one step of Back for the whole slide. */
  private adjust(patch: Partial<Style>): void {
    this.view = { ...this.view, style: { ...this.view.style, ...patch } };
    this.apply();
    this.address.moved();
  }

  private go(patch: Partial<Camera>): void {
    this.view = { ...this.view, camera: canonical({ ...this.view.camera, ...patch }) };
    this.apply();
    this.address.chosen();
  }

  private home(): void {
    this.go(this.viewer.home(this.loaded.scene, this.view.style.layout));
  }

  private moved(): void {
    if (this.applying || !this.started) return;
    const camera = this.viewer.camera();
    if (sameCamera(camera, this.view.camera)) return;
    this.view = { ...this.view, camera };
    this.showPlace();
    this.address.moved();
  }

  /** Put the picture exactly where the address says it is. */
  private snap(): void {
    this.view = { ...this.view, camera: canonical(this.view.camera) };
    this.apply();
  }

  // ------------------------------------------------------------ regions

  private knows(id: string): boolean {
    const { tree, scene } = this.loaded;
    return tree ? tree.get(id) !== undefined : scene.labels !== null && /^\d+$/.test(id);
  }

  /** The labels to show, or `null` for all. */
  private visible(): readonly bigint[] | null {
    const { selected } = this.view.style;
    if (selected.length === 0) return null;
    return this.loaded.tree?.labelsOf(selected) ?? selected.map(BigInt);
  }

  private select(ids: readonly string[], reveal = false): void {
    if (ids.join() === this.view.style.selected.join()) {
      this.showSelected(reveal);
      return;
    }
    this.choose({ selected: ids });
    this.showSelected(reveal);
  }

  private toggle(id: string): void {
    const { selected } = this.view.style;
    this.select(
      selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id],
      true,
    );
  }

  private pick({ cursor, toggle }: Pick): void {
    const { tree, scene } = this.loaded;
    if (!scene.labels || !this.view.style.regions || cursor.label === null) return;
    const region = tree?.withLabel(cursor.label);
    const id = region?.id ?? (tree || cursor.label === 0n ? null : String(cursor.label));
    if (id === null) return;
    if (toggle) this.toggle(id);
    else this.select([id], true);
  }

  private async find(text: string, signal: AbortSignal) {
    const { atlas, parcellation } = this.view.data;
    return atlas && parcellation ? this.api.find(atlas, parcellation, text, signal) : [];
  }

  private async fly(id: string): Promise<void> {
    const { atlas, parcellation } = this.view.data;
    if (!atlas || !parcellation) return;
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const details = await this.api.details(atlas, parcellation, id, signal);
      if (signal.aborted) return;
      if (this.view.style.selected.at(-1) === id) this.details.know(details);
      if (!details.centroid) {
        this.notices.show({
          key: "fly",
          kind: "info",
          text: `${details.region.name} has no voxels in this parcellation.`,
          brief: true,
        });
        return;
      }
      this.go({ at: details.centroid, ...this.zoomOn(details) });
    } catch (error) {
      if (!signal.aborted) this.failed(error, () => void this.fly(id));
    }
  }

  /** So near that the region fills about half of a panel; never farther than the whole brain. */
  private zoomOn({ box }: RegionDetails): Partial<Camera> {
    if (!box) return {};
    const home = this.viewer.home(this.loaded.scene, this.view.style.layout);
    const zoom = zoomToFit(box, [this.viewer.panelSize()], 2.2);
    return { zoom: Math.min(zoom, home.zoom) };
  }

  // ------------------------------------------------------------ showing

  private render(): void {
    const { view, loaded } = this;
    this.toolbar.showData(view.data);
    this.toolbar.showLayout(view.style.layout);
    this.treeView.show(loaded.tree);
    this.treeView.element.hidden = loaded.tree === null;
    this.volumeList.element.hidden = loaded.tree !== null;
    if (!loaded.tree) this.volumeList.show(this.volumes, view.data.volume);
    this.search.enable(loaded.tree !== null);
    this.layers.show(
      {
        atlas: loaded.atlas,
        data: view.data,
        image: loaded.scene.image,
        labels: loaded.scene.labels,
        volumes: this.volumes,
      },
      view.style,
    );
    const space = (loaded.scene.image ?? loaded.scene.labels)?.space ?? NO_SPACE;
    this.status.showSpace(space === NO_SPACE ? "" : space);
    this.showPlace();
  }

  private showPlace(): void {
    const { at, zoom, turn } = this.view.camera;
    this.status.showPlace(at, zoom);
    this.toolbar.showTilt(!sameTurn(turn, UPRIGHT));
  }

  private showPanels(): void {
    this.overlay.element.hidden = !this.started;
    if (!this.started) return;
    this.overlay.show(
      this.viewer.panels(),
      !sameTurn(this.viewer.camera().turn, UPRIGHT),
      this.view.style.crosshair,
    );
  }

  private showSelected(reveal = false): void {
    const { tree, atlas } = this.loaded;
    const { selected } = this.view.style;
    const chips = selected.map((id): Chip => {
      const region = tree?.get(id);
      return { id, name: region?.name ?? `Label ${id}`, rgb: region?.rgb ?? null };
    });
    this.toolbar.showSelected(chips);
    this.treeView.select(selected, reveal);
    const last = selected.at(-1);
    const region = last === undefined ? undefined : tree?.get(last);
    document.title = [chips.at(-1)?.name, atlas?.name ?? this.loaded.scene.image?.name, "AtlasView"]
      .filter((part) => part !== undefined)
      .join(" · ");
    this.asking.abort();
    if (!region || !tree) {
      this.details.hide();
      return;
    }
    this.details.show(
      region,
      tree.ancestorsOf(region),
      tree.labelsOf([region.id]).length,
      atlas?.citation ?? null,
    );
    void this.learn(region);
  }

  private async learn(region: Region): Promise<void> {
    const { atlas, parcellation } = this.view.data;
    if (!atlas || !parcellation) return;
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      this.details.know(await this.api.details(atlas, parcellation, region.id, signal));
    } catch (error) {
      if (!signal.aborted) this.details.failed(words(error));
    }
  }

  private hover(cursor: Cursor | null): void {
    if (!cursor || !this.started) {
      this.tooltip.show(null);
      this.status.showCursor("");
      return;
    }
    const tip = this.view.style.regions ? this.tip(cursor.label) : null;
    this.tooltip.show(tip);
    const decimals = decimalsToRead(this.view.camera.zoom);
    const parts = [`${formatPoint(cursor.point, decimals)} mm`];
    if (cursor.value !== null) parts.push(`value ${cursor.value}`);
    if (tip) parts.push(tip.name);
    this.status.showCursor(`Cursor: ${parts.join(" · ")}`);
  }

  private tip(label: bigint | null): Tip | null {
    if (label === null) return null;
    const { tree } = this.loaded;
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

  // ------------------------------------------------------------ the rest

  private openDrawer(open: boolean): void {
    this.drawerOpen = open;
    this.drawer.hidden = !open;
    this.toolbar.showOpen(this.drawerOpen, this.layersOpen);
  }

  private openLayers(open: boolean): void {
    this.layersOpen = open;
    this.layers.element.hidden = !open;
    this.toolbar.showOpen(this.drawerOpen, this.layersOpen);
  }

  private async copyLink(): Promise<void> {
    this.address.flush();
    await this.copy(location.href, "The link is copied.");
  }

  private async copy(text: string, done: string): Promise<void> {
    const ok = await copyText(text);
    this.notices.show({
      key: "copy",
      kind: "info",
      text: ok ? done : `This browser lets no page copy. Copy it by hand: ${text}`,
      brief: ok,
    });
  }

  private failed(error: unknown, again: () => void): void {
    this.notices.show({
      key: "server",
      kind: "error",
      text: words(error),
      action: { label: "Try again", run: again },
    });
  }

  /** Show what is loading and what cannot be loaded. */
  private watch(): void {
    let ready = false;
    window.setInterval(() => {
      ready = this.viewer.isReady();
      const { needed, available } = this.viewer.loading();
      this.status.showLoading(ready ? null : needed > 0 ? available / needed : 0);
      const [problem] = this.viewer.problems();
      if (problem === undefined) this.notices.dismiss("source");
      else {
        this.notices.show({
          key: "source",
          kind: "error",
          text: `These data cannot be opened: ${problem}`,
          action: { label: "Reload the page", run: () => location.reload() },
        });
      }
    }, 250);
    window.setInterval(async () => {
      if (ready) {
        this.notices.dismiss("chunks");
        return;
      }
      const failed = await this.viewer.failedChunks();
      if (failed === 0) return;
      this.notices.show({
        key: "chunks",
        kind: "error",
        text:
          `${failed === 1 ? "A part" : `${failed} parts`} of this picture could not be read from ` +
          "the server: what you see there is coarser or missing.",
        action: { label: "Try again", run: () => void this.viewer.retry() },
      });
    }, 2000);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.defaultPrevented || this.help.element.open) return;
    const target = event.target as HTMLElement;
    const typing = target.closest("input:not([type=range], [type=checkbox]), select, textarea");
    if (typing && event.key !== "Escape") return;
    if ((event.ctrlKey || event.metaKey) && event.key !== "Escape") return;
    const { style } = this.view;
    const arrows = !target.closest("input, [role=tree]");
    const actions: Record<string, (() => void) | undefined> = {
      "/": () => {
        this.openDrawer(true);
        this.search.focus();
      },
      "?": () => this.help.open(),
      Escape: () =>
        this.layers.element.contains(target) ? this.openLayers(false) : this.select([]),
      "0": () => this.home(),
      "+": () => this.viewer.zoomBy(0.8),
      "=": () => this.viewer.zoomBy(0.8),
      "-": () => this.viewer.zoomBy(1.25),
      ",": () => this.viewer.step(-1),
      ".": () => this.viewer.step(1),
      "<": () => this.viewer.step(-10),
      ">": () => this.viewer.step(10),
      b: () => this.openDrawer(!this.drawerOpen),
      l: () => this.openLayers(!this.layersOpen),
      o: () => {
        const next = DRAWINGS[(DRAWINGS.indexOf(style.drawing) + 1) % DRAWINGS.length];
        if (next) this.choose({ drawing: next });
      },
      r: () => this.choose({ regions: !style.regions }),
      t: () => this.choose({ template: !style.template }),
      f: () => {
        const last = style.selected.at(-1);
        if (last !== undefined) void this.fly(last);
      },
      ...(arrows && {
        ArrowLeft: () => this.viewer.pan(-0.1, 0),
        ArrowRight: () => this.viewer.pan(0.1, 0),
        ArrowUp: () => this.viewer.pan(0, -0.1),
        ArrowDown: () => this.viewer.pan(0, 0.1),
      }),
    };
    LAYOUTS.forEach((layout: Layout, i) => {
      actions[String(i + 1)] = () => this.choose({ layout });
    });
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

const NO_COLORS: Readonly<Record<string, string>> = {};

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without HTTPS browsers offer no clipboard, but the old way still works.
    const area = h("textarea", { class: "off-screen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
