/** The page: its rooms, and who tells whom. */

import { Announcer } from "./announcer";
import { Api } from "./api";
import { Arrival } from "./arrival";
import { type Beholder, Board } from "./board";
import { Comparing } from "./comparing";
import { Crosshair } from "./crosshair";
import type { Drawer } from "./drawer";
import { listenForDrops } from "./drops";
import { Engine } from "./engine";
import { Figures } from "./figures";
import { FilmRoom } from "./filmroom";
import { Findings, ownViews, shownAnnotations } from "./findings";
import type { Vec3 } from "./geometry";
import { Hand } from "./hand";
import { Keyring } from "./keyring";
import { keyActions, pressKey } from "./keys";
import { type Library, spaceOf } from "./library";
import { formatHash } from "./link";
import { Marking } from "./marking";
import type { Name } from "./names";
import { Opened } from "./opened";
import type { Plane } from "./panels";
import { addressOf } from "./pictures";
import type { Place } from "./place";
import { PlaneRoom } from "./planeroom";
import { PointFiles } from "./pointfiles";
import { Pulse } from "./pulse";
import { Reading } from "./reading";
import type { RegionDetails } from "./regionfacts";
import type { Region } from "./regions";
import { makeRooms } from "./rooms";
import { Seen } from "./seen";
import { Selection } from "./selection";
import { Session } from "./session";
import { Sharing } from "./sharing";
import type { Camera, View } from "./state";
import { StoryMaking } from "./storymaking";
import { copyText } from "./ui/clipboard";
import { Help } from "./ui/help";
import { Notices } from "./ui/notices";
import type { Told } from "./ui/pointmenu";
import type { Preview } from "./ui/preview";
import { Settings } from "./ui/settings";
import { layOut, type Shell } from "./ui/shell";
import { Tour } from "./ui/tour";
import { Views } from "./views";
import type { Volume } from "./volume";
import { Whereabouts } from "./whereabouts";
import { t } from "./words";

const NARROW = 700;

export class App {
  readonly beholders: Beholder[] = [];
  private readonly engine: Engine;
  private readonly board: Board;
  readonly api: Api;
  private readonly pointFiles: PointFiles;
  readonly session: Session;
  readonly selection: Selection;
  readonly marking: Marking;

  readonly views: Views;
  /** The view that the page was opened by. */
  readonly opened: Opened;
  readonly sharing: Sharing;
  readonly story: StoryMaking;
  /** A page that only shows, as the maker of a view may choose. */
  readonly minimal = pageKind() === "minimal";

  readonly help = new Help(() => this.tour.start());
  readonly settings = new Settings((on) => this.announcer.turn(on));
  private readonly announcer = new Announcer((cursor) => this.selection.tip(cursor));
  private readonly crosshair: Crosshair;
  private readonly seen: Seen;
  private readonly tour: Tour;
  private readonly notices = new Notices();
  private readonly rooms = makeRooms(this);
  readonly hand = new Hand(this.rooms.handMarks, this.notices);
  readonly findings: Findings;
  private readonly planeRoom: PlaneRoom;
  private readonly figures: Figures;
  private readonly filmRoom: FilmRoom;
  private readonly where: Whereabouts;
  private readonly reading: Reading;
  private readonly pulse: Pulse;
  private readonly shell: Shell;
  private readonly arrival: Arrival;
  private drawerOpen = true;
  private layersOpen = false;
  constructor(
    root: HTMLElement,
    private readonly place: Place,
    private readonly library: Library,
    preview: Preview,
    readonly flat = false,
  ) {
    root.classList.toggle("minimal", this.minimal);
    this.shell = layOut(root, this.rooms, this.notices, this.help, preview);
    root.append(this.settings.element, this.announcer.element);
    this.tour = new Tour(root);
    this.announcer.on = this.settings.announcing;
    this.crosshair = new Crosshair({
      drawer: () => this.engine.drawer,
      place: () => (this.session.started ? this.session.view.camera.at : null),
      write: (point) => this.board.write(point),
      tip: (cursor) => this.selection.tip(cursor),
      show: (words) => this.rooms.status.showCrosshair(words),
      say: (words) => this.announcer.say(words),
    });
    this.beholders.push(this.announcer, this.crosshair);
    this.api = new Api(place.base);
    this.views = new Views(this.api);
    this.where = new Whereabouts(this.api);
    this.session = new Session(
      this.api,
      this.library,
      {
        onView: () => this.board.showView(),
        onPlace: () => this.board.showPlace(),
        onSelected: (reveal) => this.selection.show(reveal),
        onLink: (words) => this.showLink(words),
        onKeys: (keys) => this.marking.sets.learn(keys),
        onFailed: (error, again) => this.notices.failed(error, again),
        onSwitched: (words) => this.showSwitched(words),
        onWalk: (search) => this.opened.walked(search),
      },
      () => ({ width: this.shell.surface.clientWidth, height: this.shell.surface.clientHeight }),
      (from, to) => this.where.way(from, to),
    );
    this.reading = new Reading(
      this.where,
      this.session,
      () => this.board.showCoordinates(),
      (frame) =>
        this.notices.show({
          key: "frame",
          kind: "info",
          text: t("Coordinates in “{frame}” are not known here; they are millimetres.", { frame }),
          brief: true,
        }),
    );
    this.pulse = new Pulse(
      {
        volume: () => {
          const { image, labels } = this.session.loaded.scene;
          return this.session.started ? (image ?? labels) : null;
        },
        resolve: (path) => this.api.resolve(path),
        recover: () => void this.engine.drawer?.retry(),
      },
      this.notices,
    );
    this.engine = new Engine(
      this.session,
      this.shell,
      this.notices,
      (path) => this.api.resolve(path),
      { onDrawer: (drawer) => this.attach(drawer) },
      flat,
    );
    this.seen = new Seen({
      session: this.session,
      drawer: () => this.engine.drawer,
      panels: () => this.engine.panels(),
      tell: (panel, words) => this.rooms.overlay.tell(panel, words),
    });
    this.beholders.push(this.seen);
    this.pointFiles = new PointFiles(this.api, this.session, this.rooms.pointTable, this.notices);
    this.pointFiles.attach(root);
    this.beholders.push(
      new Comparing({
        session: this.session,
        notices: this.notices,
        stage: this.shell.stage,
        volumes: () => this.library.volumes,
        resolve: (path) => this.api.resolve(path),
        draw: (target) => this.engine.another(target),
        onCursor: (cursor) => this.board.showCursor(cursor),
        ways: (from, to) => this.where.way(from, to),
      }),
    );
    this.selection = new Selection(this.api, this.session, this.rooms, this.notices);
    this.marking = new Marking(this, this.rooms, this.notices, place.base, () => [
      this.shell.surface.clientWidth,
      this.shell.surface.clientHeight,
    ]);
    listenForDrops(root, this.pointFiles.hint, {
      marking: () => this.marking.marking,
      points: (file) => void this.pointFiles.read(file),
      marks: (file) => void this.marking.sets.takeFile(file),
      nobody: ({ name }) =>
        this.notices.show({
          key: "drop",
          kind: "error",
          text: t(
            "“{name}” cannot be taken here: drop points as .csv, .tsv or .txt, or annotations as .json. A volume is added with “atlasview ingest”.",
            { name },
          ),
        }),
    });

    const { views, session } = this;
    const { base } = place;
    const titleNow = () => this.selection.titleNow();
    this.opened = new Opened(session, this.rooms.viewCard, this.minimal, base);
    this.sharing = new Sharing({
      views,
      session,
      base,
      titleNow,
      makeStory: (story) => (story ? this.story.edit(story) : this.story.show(true)),
      storyKept: (id) => this.story.kept(id),
    });
    this.story = new StoryMaking(
      base,
      session,
      this.opened,
      this.rooms.storyPanel,
      titleNow,
      (draft) => void this.sharing.keepStory(draft),
    );
    root.append(this.sharing.share.dialog.element, this.sharing.mine.dialog.element);

    this.planeRoom = new PlaneRoom(
      {
        session: this.session,
        hand: this.hand,
        region: () => this.selection.lastRegion,
        facts: (region) => this.factsOf(region),
        failed: (error, again) => this.notices.failed(error, again),
        copy: (text, done) => this.copy(text, done),
        openFigure: () => this.openFigure(),
        openFilm: () => this.openFilm(),
        onOpen: (open, focused) => {
          if (open) {
            this.openLayers(false);
            this.filmRoom.open(false);
          }
          this.rooms.toolbar.showPlanes(open, !open && focused);
        },
      },
      place.base,
    );
    this.beholders.push(this.planeRoom);
    this.figures = new Figures(
      this.api,
      this.session,
      () => this.engine.panels(),
      () => this.rooms.names.names,
      place.base,
    );
    root.append(this.figures.dialog.element);
    this.filmRoom = new FilmRoom({
      session: this.session,
      drawer: () => this.engine.drawer,
      panels: () => this.engine.panels(),
      steps: () => (this.opened.steps.length > 0 ? this.opened.steps : this.story.steps),
      titleNow,
      onOpen: (open) => {
        if (open) this.openPlanes(false);
      },
    });
    this.shell.stage.append(this.filmRoom.panel.element);
    this.shell.map.append(this.planeRoom.rings.element);
    this.shell.stage.append(this.planeRoom.panel.element);
    this.board = new Board({
      session,
      library: this.library,
      rooms: this.rooms,
      tooltip: this.shell.tooltip,
      engine: this.engine,
      reading: this.reading,
      pulse: this.pulse,
      selection: this.selection,
      marking: this.marking,
      opened: this.opened,
      hand: this.hand,
      planeRoom: this.planeRoom,
      beholders: this.beholders,
    });
    this.findings = new Findings([
      this.planeRoom.find,
      shownAnnotations(this.api, this.session),
      ownViews(this.views, new Keyring(place.base)),
    ]);

    this.arrival = new Arrival({
      root,
      place,
      library: this.library,
      minimal: this.minimal,
      views: this.views,
      session,
      rooms: this.rooms,
      notices: this.notices,
      engine: this.engine,
      board: this.board,
      pulse: this.pulse,
      selection: this.selection,
      marking: this.marking,
      opened: this.opened,
      planeRoom: this.planeRoom,
      tour: this.tour,
      onDrawn: () => {
        this.rooms.names.placeSoon();
        this.crosshair.viewed();
        this.seen.viewed();
      },
    });

    const { address } = this.session;
    root.addEventListener("pointerdown", () => address.hold(true), true);
    for (const grasp of ["pointerdown", "wheel"] as const) {
      this.shell.surface.addEventListener(grasp, () => this.session.halt(), { capture: true });
    }
    for (const end of ["pointerup", "pointercancel"] as const) {
      window.addEventListener(end, () => address.hold(false), true);
    }
    // Not in the capture phase: an element that loses the focus ends no gesture.
    window.addEventListener("blur", () => address.hold(false));
    document.addEventListener("keydown", (event) => {
      if (document.querySelector("dialog[open]")) return;
      pressKey(event, keyActions(this, this.engine.drawer), this.settings.letters);
    });
    // Who opens a shared view comes to see that view.
    this.openDrawer(window.innerWidth >= NARROW && place.view === null);
    this.openLayers(false);
    this.selection.show(false);
    this.rooms.toolbar.showTilt(false);
  }

  /** Ask the server what there is, and open what the address names. */
  start(): Promise<void> {
    return this.arrival.start();
  }

  /** Hear of what people do where a drawer draws. */
  private attach(drawer: Drawer): void {
    drawer.onCursor = (cursor) => {
      this.marking.hover(cursor);
      this.board.showCursor(cursor);
    };
    drawer.onMenu = (cursor, { x, y }) => {
      const box = this.shell.surface.getBoundingClientRect();
      if (!this.minimal) this.menu(cursor.point, { x: x - box.left, y: y - box.top });
    };
    drawer.onPick = (pick) => {
      if (this.hand.takes(pick.cursor.point) || this.minimal) return;
      if (!this.marking.pick(pick)) this.selection.pick(pick);
    };
    drawer.onPanels = () => this.board.showPanels();
    this.session.attach(drawer);
    this.marking.attach(drawer);
  }

  /** Say why planes are all there is. */
  tellFlat(): void {
    this.notices.show({
      key: "flat",
      kind: "info",
      text: t(
        "This browser offers no WebGL2, so the planes are drawn without it: all but 3D and tilted planes works. Hardware acceleration may be switched off in its settings.",
      ),
    });
  }

  /** Settle when the engine has drawn the whole picture. */
  async drawn(patience = 60_000): Promise<void> {
    await this.engine.drawn(patience);
  }

  /** The picture as it is now, without our own overlays. */
  picture(): string {
    return this.engine.drawer?.picture() ?? "";
  }

  /** What is shown now, for tests and for whoever looks at it in the console. */
  state(): {
    hash: string;
    view: View;
    engine: Camera;
    loaded: boolean;
    settled: boolean;
    names: readonly (readonly Name[])[];
    solids: number;
  } {
    const { view, started, address, drawn } = this.session;
    return {
      hash: formatHash(view),
      view,
      engine: this.session.camera,
      loaded: started,
      settled: address.settled && !this.session.inFlight,
      names: this.rooms.names.names,
      solids: drawn.solids.length,
    };
  }

  // ------------------------------------------------------------ showing

  private showSwitched(words: readonly string[]): void {
    this.notices.dismiss("link");
    this.notices.dismiss("switch");
    if (words.length > 0) {
      this.notices.show({ key: "switch", kind: "info", text: words.join(" ") });
    }
  }

  private showLink(words: readonly string[]): void {
    this.notices.dismiss("link");
    this.notices.dismiss("switch");
    if (this.opened.view && !this.session.strayed) {
      this.opened.tell(words);
      return;
    }
    if (words.length > 0) {
      this.notices.show({ key: "link", kind: "info", text: words.join(" ") });
    }
  }

  // ------------------------------------------------------------ acting

  get volumes(): readonly Volume[] {
    return this.library.volumes;
  }

  focusSearch(): void {
    this.openDrawer(true);
    this.rooms.search.focus();
  }

  /** Let the map be seen, and the keys be for it, once something was found on it. */
  showMap(): void {
    if (window.innerWidth < NARROW) this.openDrawer(false);
    this.shell.surface.focus({ preventScroll: true });
  }

  askAt(point: Vec3, signal: AbortSignal): Told {
    const { view, loaded } = this.session;
    const { atlas, parcellation } = view.data;
    const volume = loaded.scene.image ?? loaded.scene.labels;
    const space = spaceOf(loaded);
    const { where } = this;
    const none = Promise.resolve(null);
    return {
      regions: atlas && parcellation ? where.regions(atlas, parcellation, point, signal) : none,
      value: volume ? where.value(volume.id, point, signal) : none,
      frames: space === null ? Promise.resolve([]) : where.frames(space),
    };
  }

  openMenu(): void {
    const { drawer } = this.engine;
    if (!drawer || this.minimal) return;
    const plane = drawer.activePlane;
    const panel = drawer.panels().find((placed) => placed.plane === plane);
    if (!panel) return;
    const middle = { x: panel.left + panel.width / 2, y: panel.top + panel.height / 2 };
    this.menu(this.session.camera.at, middle);
  }

  private menu(point: Vec3, place: { x: number; y: number }): void {
    this.shell.tooltip.show(null);
    this.rooms.pointMenu.show(point, place);
  }

  async copyLinkTo(point: Vec3): Promise<void> {
    const { view } = this.session;
    const hash = formatHash({ ...view, camera: { ...view.camera, at: point } });
    const link = new URL(hash, this.place.base).href;
    await this.copy(link, t("The link to this point is copied."));
  }

  /** Close what has the focus, or else let go of what is selected. */
  leave(): void {
    if (this.hand.let()) return;
    if (this.marking.leave()) return;
    if (this.opened.playing) this.opened.leave();
    else if (this.story.open) this.story.show(false);
    else if (this.rooms.layers.element.contains(document.activeElement)) this.openLayers(false);
    else if (this.planeRoom.panel.element.contains(document.activeElement)) this.openPlanes(false);
    else if (this.filmRoom.panel.element.contains(document.activeElement))
      this.filmRoom.open(false);
    else this.selection.select([]);
  }

  openDrawer(open = !this.drawerOpen): void {
    this.drawerOpen = open;
    this.shell.drawer.hidden = !open;
    this.rooms.toolbar.showOpen(this.drawerOpen, this.layersOpen);
  }

  openLayers(open = !this.layersOpen): void {
    this.layersOpen = open;
    if (open) {
      this.planeRoom.open(false);
      this.filmRoom.open(false);
    }
    this.rooms.layers.element.hidden = !open;
    this.rooms.toolbar.showOpen(this.drawerOpen, this.layersOpen);
  }

  choosePoints(): void {
    this.pointFiles.choose();
  }

  copyPicture(plane: Plane): void {
    const { view, loaded } = this.session;
    const panel = this.engine.drawer?.panels().find((other) => other.plane === plane);
    const address = panel && addressOf(view, loaded.scene, panel);
    if (address) void this.copy(this.api.resolve(address), t("The picture’s address is copied."));
  }

  openPlanes(open?: boolean): void {
    this.planeRoom.open(open);
  }

  openFigure(): void {
    this.figures.open();
  }

  openFilm(story = false): void {
    if (story) this.filmRoom.openStory();
    else this.filmRoom.open(true);
  }

  private async factsOf({ id }: Region): Promise<RegionDetails | null> {
    const { atlas, parcellation } = this.session.view.data;
    const { signal } = new AbortController();
    return atlas && parcellation ? this.api.details(atlas, parcellation, id, signal) : null;
  }

  async copy(text: string, done: string): Promise<void> {
    const ok = await copyText(text);
    this.notices.show({
      key: "copy",
      kind: "info",
      text: ok ? done : t("This browser lets no page copy. Copy it by hand: {text}", { text }),
      brief: ok,
    });
  }
}

/** What kind of page the server says this is. */
function pageKind(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[name="atlasview-page"]')?.content;
}
