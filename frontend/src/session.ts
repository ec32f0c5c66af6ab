/** The one view there is: opened from an address, changed by the rooms, shown by the engine. */

import { Address } from "./address";
import type { Api } from "./api";
import { fromDocument } from "./document";
import type { Drawer } from "./drawer";
import {
  colorOf,
  type Drawn,
  type Dress,
  drawnOf,
  drawnWithout,
  NOTHING_DRAWN,
  UNDRESSED,
} from "./drawn";
import { Dressing } from "./dressing";
import { between, eased, FLIGHT } from "./flight";
import { UPRIGHT } from "./geometry";
import { fitting, type Library, type Loaded, NO_DATA, NOTHING, spaceOf } from "./library";
import { formatHash, parseHash } from "./link";
import { hex, type Region } from "./regions";
import { homeCamera, type Scene, sideOfScene } from "./scene";
import {
  type Camera,
  canonical,
  type Data,
  STYLE,
  type Style,
  sameCamera,
  type View,
  type Wish,
} from "./state";
import { switched, type Ways } from "./switching";
import { t } from "./words";

const NOWHERE: Camera = { at: [0, 0, 0], zoom: 1, turn: UPRIGHT, zoom3d: 1, turn3d: UPRIGHT };

/** What the page's own short link names: it is shown where the address says nothing more. */
export interface Given {
  /** What to open, and words for what of it is not understood. */
  readonly wish: Wish;
  readonly notices: readonly string[];
  /** What stands in the address before `#`, such as `?step=2`. */
  readonly search: string;
}

/** How something is opened. */
export interface How {
  /** As a step of Back. */
  readonly chosen?: boolean;
  /** The camera flies there, where it can. */
  readonly fly?: boolean;
}

/** Told to whoever shows the view. */
export interface SessionEvents {
  /** Anything may have changed. */
  onView(): void;
  /** The camera moved, nothing else. */
  onPlace(): void;
  /** What is selected, or what it is named by; `reveal` it in the tree. */
  onSelected(reveal: boolean): void;
  /** Words about the link that was opened; none when it was followed whole. */
  onLink(words: readonly string[]): void;
  onFailed(error: unknown, again: () => void): void;
  /** Words about what of the view could not be kept when other data were chosen. */
  onSwitched(words: readonly string[]): void;
  /** A link holds keys of annotation sets; from the address they go at once. */
  onKeys(keys: ReadonlyMap<string, string>): void;
  /** The visitor walked to an address with this before `#`; tells what it names now. */
  onWalk(search: string): Given | null;
}

export class Session {
  loaded: Loaded = NOTHING;
  view: View = { data: NO_DATA, camera: NOWHERE, style: STYLE };
  started = false;
  readonly address: Address;

  /** What is known of the regions, and what of them is drawn as what. */
  dress: Dress = UNDRESSED;
  drawn: Drawn = NOTHING_DRAWN;
  private drawnFrom: readonly unknown[] = [];

  private readonly dressing: Dressing;
  private viewer: Drawer | null = null;
  private applying = false;
  private opening = new AbortController();
  private given: Given | null = null;
  /** The frame that a flight waits for. */
  private flying: number | null = null;
  /** The address that would say what is given. */
  private givenHash: string | null = null;

  constructor(
    private readonly api: Api,
    private readonly library: Library,
    private readonly events: SessionEvents,
    /** The size of the whole map, in pixels. */
    readonly mapSize: () => { width: number; height: number },
    private readonly ways: Ways,
  ) {
    this.address = new Address(() => this.said());
    this.address.onWalk = (search, hash) => {
      this.given = this.events.onWalk(search);
      this.givenHash = null;
      void this.openHash(hash);
    };
    this.address.onSettled = () => this.snap();
    this.dressing = new Dressing(
      this.api,
      () => {
        this.apply();
      },
      (error, again) => this.events.onFailed(error, again),
    );
  }

  /** From now on the engine shows the view. */
  attach(viewer: Drawer): void {
    this.viewer = viewer;
    viewer.onCamera = () => this.moved(viewer);
    if (this.started) this.apply();
  }

  /** Where the picture is now, which a moment later is what the view says. */
  get camera(): Camera {
    return this.viewer?.camera() ?? this.view.camera;
  }

  // ------------------------------------------------------------ opening

  async openHash(hash: string): Promise<void> {
    if (hash === "" && this.given) {
      await this.openGiven();
      return;
    }
    const { wish, notices, keys } = parseHash(hash);
    this.events.onKeys(keys);
    await this.open(wish, notices);
  }

  /** Show what a view document says. */
  async openDocument(document: unknown): Promise<void> {
    const { wish, notices } = fromDocument(document);
    await this.open(wish, notices, { chosen: true });
  }

  /** From now on this is what the page's link names. */
  give(given: Given | null): void {
    this.given = given;
    this.givenHash = null;
  }

  /** Does the view differ from what the page's link names? */
  get strayed(): boolean {
    return this.given !== null && formatHash(this.view) !== this.givenHash;
  }

  /** Show what the page's link names. */
  async openGiven(how: How = {}): Promise<void> {
    const { given } = this;
    if (given) await this.open(given.wish, given.notices, { ...how, given });
  }

  /** Show what is wished for, as a step of Back. */
  async openWish(wish: Wish, how: How = {}): Promise<void> {
    await this.open(wish, [], { ...how, chosen: true });
  }

  /** What the address says of the view: nothing, while it shows what the link names. */
  private said(): string {
    const hash = this.given && !this.strayed ? "" : formatHash(this.view);
    return (this.given?.search ?? location.search) + hash;
  }

  private async open(
    wish: Wish,
    words: readonly string[],
    by: How & { readonly given?: Given } = {},
  ): Promise<void> {
    const signal = this.begin();
    const notices = [...words];
    const data = this.library.resolve(wish.data, notices);
    let loaded: Loaded;
    try {
      loaded = await this.library.load(data, signal);
    } catch (error) {
      if (!signal.aborted) this.events.onFailed(error, () => void this.open(wish, words, by));
      return;
    }
    if (signal.aborted) return;
    const { loaded: before, camera: from } = this;
    const style = { ...STYLE, ...wish.style };
    // The link's own colours at once, not the atlas's for a moment.
    await this.dressing.palette(loaded, style);
    if (signal.aborted) return;
    this.loaded = loaded;
    const shown = fitting(style, loaded);
    if (shown.selected.length < style.selected.length) {
      notices.push(
        t("This link selects regions that are not in this parcellation; they were left out."),
      );
    }
    if (shown.side !== style.side) {
      notices.push(t("This link shows one hemisphere, which this parcellation cannot tell."));
    }
    if (shown.channel !== style.channel) {
      notices.push(
        t("This link shows channel {channel}, which these data do not have.", {
          channel: String(style.channel),
        }),
      );
    }
    const camera = { ...this.homeOf(loaded, style), ...wish.camera };
    this.view = { data, camera: canonical(camera), style: shown };
    if (by.given !== undefined && by.given === this.given) this.givenHash = formatHash(this.view);
    const near = this.started && spaceOf(before) !== null && spaceOf(before) === spaceOf(loaded);
    this.started = true;
    this.apply();
    if (by.fly && near) this.fly(from);
    this.events.onSelected(true);
    if (by.chosen) this.address.chosen();
    else this.address.rewrite();
    this.events.onLink(notices);
  }

  /** Show other data, at the same place where that place exists in them too. */
  async switchTo(data: Data): Promise<void> {
    const before = this.loaded;
    const { view } = this;
    const signal = this.begin();
    try {
      const next = this.library.resolve(data, []);
      const loaded = await this.library.load(next, signal);
      if (signal.aborted) return;
      const home = this.homeOf(loaded, view.style);
      const kept = await switched(before, loaded, view, home, this.ways);
      if (signal.aborted) return;
      this.loaded = loaded;
      const sameImage = loaded.scene.image?.id === before.scene.image?.id;
      this.view = {
        data: next,
        camera: canonical(kept.camera),
        style: {
          ...view.style,
          channel: sameImage ? view.style.channel : null,
          window: sameImage ? view.style.window : null,
          ...kept.style,
          side: loaded.sided === null ? null : view.style.side,
        },
      };
      this.apply();
      this.events.onSelected(false);
      this.address.chosen();
      this.events.onSwitched(kept.words);
    } catch (error) {
      if (signal.aborted) return;
      this.events.onView();
      this.events.onFailed(error, () => void this.switchTo(data));
    }
  }

  /** Whatever else was being opened is not wanted any more. */
  private begin(): AbortSignal {
    this.opening.abort();
    this.opening = new AbortController();
    return this.opening.signal;
  }

  // ------------------------------------------------------------ changing the view

  /** Change the style by a choice: a step of Back. */
  choose(patch: Partial<Style>): void {
    this.restyle(patch);
    this.address.chosen();
  }

  /** Change the style by something that slides: one step of Back for the whole slide. */
  adjust(patch: Partial<Style>): void {
    this.restyle(patch);
    this.address.moved();
  }

  go(patch: Partial<Camera>): void {
    this.view = { ...this.view, camera: canonical({ ...this.view.camera, ...patch }) };
    this.apply();
    this.address.chosen();
  }

  /** Move by something that slides: one step of Back for the whole slide. */
  move(patch: Partial<Camera>): void {
    this.view = { ...this.view, camera: { ...this.view.camera, ...patch } };
    this.apply();
    this.address.moved();
  }

  /** Show something for the moment: neither the address nor Back know of it. */
  pose(camera: Camera, style: Style): void {
    this.view = { ...this.view, camera, style };
    this.apply();
  }

  /** A camera that has the whole of the data in every panel. */
  home(): Camera {
    return this.homeOf(this.loaded, this.view.style);
  }

  private homeOf({ scene }: Loaded, { layout }: Style): Camera {
    return homeCamera(scene, layout, this.mapSize());
  }

  private restyle(patch: Partial<Style>): void {
    this.view = { ...this.view, style: { ...this.view.style, ...patch } };
    this.apply();
  }

  /** Is the camera on its way? */
  get inFlight(): boolean {
    return this.flying !== null;
  }

  /** Fly from here to where the view is; whoever takes the camera meanwhile has it. */
  private fly(from: Camera): void {
    const { viewer } = this;
    if (viewer === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const to = this.view.camera;
    const begun = performance.now();
    const step = () => {
      const share = (performance.now() - begun) / FLIGHT;
      if (share >= 1) {
        this.apply();
        return;
      }
      this.applying = true;
      viewer.fly(between(from, to, eased(share)));
      this.applying = false;
      this.flying = requestAnimationFrame(step);
    };
    step();
  }

  /** Stop a flight where it is. */
  halt(): void {
    if (this.flying === null || this.viewer === null) return;
    this.land();
    this.moved(this.viewer);
  }

  private land(): void {
    if (this.flying !== null) cancelAnimationFrame(this.flying);
    this.flying = null;
  }

  /** The colour that a region is drawn in. */
  colorOf(region: Region): string {
    const { tree } = this.loaded;
    return tree ? colorOf(tree, region, this.view.style, this.dress) : hex(region.rgb);
  }

  /** The volumes as they are drawn: of one hemisphere, if so chosen. */
  get scene(): Scene {
    return sideOfScene(this.loaded.scene, this.loaded.sided, this.view.style);
  }

  /** Find out anew what is drawn, unless nothing of it changed. */
  private draw(loaded: Loaded, style: Style): void {
    this.dress = this.dressing.of(loaded, style);
    const { selected, depth, colors, hidden, isolate, side, solids } = style;
    const from = [loaded, this.dress, selected, depth, colors, hidden, isolate, side, solids];
    if (from.every((part, i) => part === this.drawnFrom[i])) return;
    this.drawnFrom = from;
    this.drawn = loaded.tree ? drawnOf(loaded.tree, style, this.dress) : drawnWithout(style);
  }

  private apply(): void {
    this.land();
    const { view, loaded } = this;
    this.applying = true;
    try {
      this.draw(loaded, view.style);
      this.viewer?.show(view, this.scene, this.drawn, (path) => this.api.resolve(path));
    } finally {
      this.applying = false;
    }
    this.events.onView();
  }

  /** The engine moved: by a gesture of its own. */
  private moved(viewer: Drawer): void {
    if (this.applying || !this.started) return;
    const camera = viewer.camera();
    if (sameCamera(camera, this.view.camera)) return;
    this.view = { ...this.view, camera };
    this.events.onPlace();
    this.address.moved();
  }

  /** Put the picture exactly where the address says it is. */
  private snap(): void {
    this.view = { ...this.view, camera: canonical(this.view.camera) };
    this.apply();
  }
}
