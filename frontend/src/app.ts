/** The page: its rooms, and who tells whom. */

import { Api } from "./api";
import { decimalsToRead, formatPoint, sameTurn, UPRIGHT } from "./geometry";
import { type Doors, keyActions, pressKey } from "./keys";
import { Library, NO_DATA, spaceOf } from "./library";
import { formatHash } from "./link";
import { Selection } from "./selection";
import { Session } from "./session";
import type { Camera, View } from "./state";
import { copyText } from "./ui/clipboard";
import { Details } from "./ui/details";
import { h } from "./ui/dom";
import { Help } from "./ui/help";
import { LayersPanel } from "./ui/layers";
import { Notices } from "./ui/notices";
import { Overlay } from "./ui/overlay";
import { Search } from "./ui/search";
import { Status } from "./ui/status";
import { Toolbar } from "./ui/toolbar";
import { Tooltip } from "./ui/tooltip";
import { TreeView } from "./ui/tree";
import { VolumeList } from "./ui/volumes";
import type { Cursor } from "./viewer/cursor";
import { Viewer } from "./viewer/viewer";
import { watch } from "./watch";

const NARROW = 700;

export class App {
  readonly viewer: Viewer;

  private readonly api: Api;
  private readonly library: Library;
  private readonly session: Session;
  private readonly selection: Selection;

  private readonly notices = new Notices();
  private readonly help = new Help();
  private readonly toolbar = new Toolbar({
    onDrawer: () => this.openDrawer(!this.drawerOpen),
    onData: (data) => void this.session.switchTo(data),
    onLayout: (layout) => this.session.choose({ layout }),
    onHome: () => this.session.go(this.session.home()),
    onLevel: () => this.session.go({ turn: UPRIGHT }),
    onLayers: () => this.openLayers(!this.layersOpen),
    onCopyLink: () => void this.copyLink(),
    onHelp: () => this.help.open(),
    onChip: (id) => {
      this.openDrawer(true);
      this.selection.select([...this.selection.ids.filter((other) => other !== id), id], true);
    },
    onUnselect: (id) => this.selection.select(this.selection.ids.filter((other) => other !== id)),
    onClear: () => this.selection.select([]),
  });
  private readonly search = new Search({
    find: async (text, signal) => {
      const { atlas, parcellation } = this.session.view.data;
      return atlas && parcellation ? this.api.find(atlas, parcellation, text, signal) : [];
    },
    onRegion: ({ id }) => {
      this.selection.select([id], true);
      void this.selection.fly(id);
    },
    onPoint: (at) => this.session.go({ at }),
  });
  private readonly treeView = new TreeView({
    onSelect: (id, toggle) => (toggle ? this.selection.toggle(id) : this.selection.select([id])),
    onFly: (id) => void this.selection.fly(id),
  });
  private readonly volumeList = new VolumeList(
    (volume) => void this.session.switchTo({ ...NO_DATA, volume }),
  );
  private readonly details = new Details({
    onSelect: (id) => this.selection.select([id], true),
    onFly: (id) => void this.selection.fly(id),
    onGo: (at) => this.session.go({ at }),
    onClear: () => this.selection.select([]),
  });
  private readonly layers = new LayersPanel({
    onStyle: (patch) => this.session.adjust(patch),
    onData: (patch) => void this.session.switchTo({ ...this.session.view.data, ...patch }),
    onClose: () => this.openLayers(false),
  });
  private readonly status = new Status({
    onGo: (at) => this.session.go({ at }),
    onCopy: (text) => void this.copy(text, "The position is copied."),
  });
  private readonly overlay = new Overlay((plane) =>
    this.session.choose({ layout: plane ?? "4panel" }),
  );
  private readonly tooltip: Tooltip;
  private readonly doors: Doors;
  private readonly drawer: HTMLElement;
  private drawerOpen = true;
  private layersOpen = false;

  constructor(root: HTMLElement, base: URL) {
    const surface = h("div", { class: "surface" });
    const map = h("div", { class: "map", role: "region", "aria-label": "Map of the brain" });
    this.tooltip = new Tooltip(map);
    map.append(surface, this.overlay.element, this.tooltip.element);
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
      h(
        "div",
        { class: "body" },
        this.drawer,
        h("main", { class: "stage" }, map, this.layers.element, this.notices.element),
      ),
      this.status.element,
      this.help.element,
    );

    this.viewer = new Viewer(surface);
    this.api = new Api(base);
    this.library = new Library(this.api);
    this.session = new Session(this.api, this.library, this.viewer, {
      onView: () => this.showView(),
      onPlace: () => this.showPlace(),
      onSelected: (reveal) => this.selection.show(reveal),
      onLink: (words) => this.showLink(words),
      onFailed: (error, again) => this.notices.failed(error, again),
    });
    const { toolbar, treeView, details, notices } = this;
    this.selection = new Selection(
      this.api,
      this.session,
      { toolbar, treeView, details, notices },
      () => this.viewer.size(),
    );
    this.viewer.onCursor = (cursor) => this.showCursor(cursor);
    this.viewer.onPick = (pick) => this.selection.pick(pick);
    this.viewer.onPanels = () => this.showPanels();
    this.viewer.onLost = () =>
      this.notices.show({
        key: "lost",
        kind: "error",
        text: "The browser took the graphics card away from this page, so nothing can be drawn.",
        action: RELOAD,
      });

    const { address } = this.session;
    this.doors = {
      session: this.session,
      selection: this.selection,
      viewer: this.viewer,
      toggleDrawer: () => this.openDrawer(!this.drawerOpen),
      toggleLayers: () => this.openLayers(!this.layersOpen),
      search: () => {
        this.openDrawer(true);
        this.search.focus();
      },
      help: () => this.help.open(),
      leave: () => {
        if (this.layers.element.contains(document.activeElement)) this.openLayers(false);
        else this.selection.select([]);
      },
    };
    root.addEventListener("pointerdown", () => address.hold(true), true);
    for (const end of ["pointerup", "pointercancel"] as const) {
      window.addEventListener(end, () => address.hold(false), true);
    }
    // Not in the capture phase: an element that loses the focus ends no gesture.
    window.addEventListener("blur", () => address.hold(false));
    document.addEventListener("keydown", (event) => {
      if (!this.help.element.open) pressKey(event, keyActions(this.doors));
    });
    this.openDrawer(window.innerWidth >= NARROW);
    this.openLayers(false);
    this.selection.show(false);
    this.toolbar.showTilt(false);
  }

  /** Ask the server what there is, and open what the address names. */
  async start(): Promise<void> {
    this.status.showLoading(0);
    try {
      await this.library.read(new AbortController().signal);
    } catch (error) {
      this.status.showLoading(null);
      this.notices.failed(error, () => void this.start());
      return;
    }
    const { atlases, volumes } = this.library;
    this.toolbar.offer(atlases, volumes);
    if (volumes.length === 0) {
      this.status.showLoading(null);
      this.notices.show({
        key: "empty",
        kind: "error",
        text:
          "This server has no volumes yet. Add one with “atlasview ingest FILE.nii.gz --as NAME”, " +
          "or try “atlasview demo”, and reload this page.",
        action: RELOAD,
      });
      return;
    }
    await this.session.openHash(this.session.address.hash);
    watch(this.viewer, this.status, this.notices);
  }

  /** What is shown now, for tests and for whoever looks at it in the console. */
  state(): { hash: string; view: View; engine: Camera; loaded: boolean; settled: boolean } {
    const { view, started, address } = this.session;
    return {
      hash: formatHash(view),
      view,
      engine: this.viewer.camera(),
      loaded: started,
      settled: address.settled,
    };
  }

  // ------------------------------------------------------------ showing

  private showView(): void {
    const { view, loaded } = this.session;
    const { volumes } = this.library;
    this.toolbar.showData(view.data);
    this.toolbar.showLayout(view.style.layout);
    this.treeView.show(loaded.tree);
    this.treeView.element.hidden = loaded.tree === null;
    this.volumeList.element.hidden = loaded.tree !== null;
    if (!loaded.tree) this.volumeList.show(volumes, view.data.volume);
    this.search.enable(loaded.tree !== null);
    const { image, labels } = loaded.scene;
    this.layers.show({ atlas: loaded.atlas, data: view.data, image, labels, volumes }, view.style);
    this.status.showSpace(spaceOf(loaded) ?? "");
    this.showPlace();
  }

  private showPlace(): void {
    const { at, zoom, turn } = this.session.view.camera;
    this.status.showPlace(at, zoom);
    this.toolbar.showTilt(!sameTurn(turn, UPRIGHT));
  }

  private showPanels(): void {
    this.overlay.element.hidden = !this.session.started;
    if (!this.session.started) return;
    const tilted = !sameTurn(this.viewer.camera().turn, UPRIGHT);
    this.overlay.show(this.viewer.panels(), tilted, this.session.view.style.crosshair);
  }

  private showCursor(cursor: Cursor | null): void {
    if (!cursor || !this.session.started) {
      this.tooltip.show(null);
      this.status.showCursor("");
      return;
    }
    const tip = this.selection.tip(cursor.label);
    this.tooltip.show(tip);
    const decimals = decimalsToRead(this.session.view.camera.zoom);
    const parts = [`${formatPoint(cursor.point, decimals)} mm`];
    if (cursor.value !== null) parts.push(`value ${cursor.value}`);
    if (tip) parts.push(tip.name);
    this.status.showCursor(`Cursor: ${parts.join(" · ")}`);
  }

  private showLink(words: readonly string[]): void {
    this.notices.dismiss("link");
    if (words.length > 0) {
      this.notices.show({ key: "link", kind: "info", text: words.join(" ") });
    }
  }

  // ------------------------------------------------------------ acting

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
    this.session.address.flush();
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
}

const RELOAD = { label: "Reload the page", run: () => location.reload() };
