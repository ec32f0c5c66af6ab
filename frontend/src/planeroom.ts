/** Where planes are laid by hand: tells the map what the panel and the rings ask for. */

import type { Beholder } from "./board";
import type { Finding } from "./findings";
import { type Quat, sameTurn, UPRIGHT } from "./geometry";
import type { Hand } from "./hand";
import { type KeptPlane, KeptPlanes } from "./keptplanes";
import { spaceOf } from "./library";
import { formatHash } from "./link";
import type { SlicePlane } from "./outlook";
import { axesOf, type Panel } from "./panels";
import {
  type Angles,
  anglesOf,
  type Laid,
  layAcross,
  layAlong,
  layThrough,
  nearest,
  parseLine,
  spun,
  type Track,
  trackOf,
  turnFrom,
  turnOfAll,
} from "./planes";
import type { RegionDetails } from "./regionfacts";
import type { Region } from "./regions";
import type { Session } from "./session";
import type { Camera } from "./state";
import { PlanePanel } from "./ui/planepanel";
import { Rings } from "./ui/rings";
import { t } from "./words";

export interface PlaneDesk {
  readonly session: Session;
  readonly hand: Hand;
  /** What was selected last. */
  region(): Region | null;
  facts(region: Region): Promise<RegionDetails | null>;
  failed(error: unknown, again: () => void): void;
  copy(text: string, done: string): Promise<void>;
  openFigure(): void;
  openFilm(): void;
  /** Opened or closed; `focused` when the keyboard was in what is closed. */
  onOpen(open: boolean, focused: boolean): void;
}

const NAMES = (): Record<SlicePlane, string> => ({
  horizontal: t("horizontal"),
  coronal: t("coronal"),
  sagittal: t("sagittal"),
});

export class PlaneRoom implements Beholder {
  readonly panel: PlanePanel;
  readonly rings: Rings;
  readonly kept: KeptPlanes;

  /** As they were set: of a turn there is more than one way to say it. */
  private angles: Angles = { nod: 0, lean: 0, turn: 0 };
  private track: Track | null = null;
  private grasped: Quat = UPRIGHT;
  /** The panel that faces the 3D view, while it does. */
  private facing: SlicePlane | null = null;
  private turn3d: Quat = UPRIGHT;
  private panels: readonly Panel[] = [];

  constructor(
    private readonly desk: PlaneDesk,
    private readonly base: URL,
  ) {
    const { session } = desk;
    this.kept = new KeptPlanes(base);
    this.panel = new PlanePanel({
      onAngle: (which, degrees) => {
        this.angles = { ...this.anglesNow(session.view.camera.turn), [which]: degrees };
        this.move({ turn: turnFrom(this.angles) });
      },
      onUpright: () => session.go({ turn: UPRIGHT }),
      onRegion: () => void this.layAlongRegion(),
      onLock: (locked) => this.lock(locked),
      take: (words, onPoint) => desk.hand.take(words, onPoint),
      onPoints: ([a, b, c], corners) => {
        desk.hand.mark("plane", [{ points: [a, b, c, a], label: "" }]);
        const laid = layThrough(a, b, c, corners);
        if (laid) this.lay(laid, true);
        else this.panel.refuse(t("The three points lie on one line: no plane is theirs alone."));
      },
      onLine: (text) => {
        this.track = trackOf(parseLine(text));
        const points = this.track?.points ?? [];
        desk.hand.mark("plane", points.length > 0 ? [{ points, label: "" }] : []);
        if (!this.track) return null;
        return { length: this.track.along.at(-1) ?? 0, points: points.length };
      },
      onAlong: (mm) => this.track && this.lay(layAlong(this.track, mm), false),
      onKeep: (name) => this.keep(name),
      onGo: (plane) => this.go(plane),
      onLink: (plane) => void this.copyLink(plane),
      onForget: (plane) => {
        this.kept.forget(plane);
        this.showKept();
      },
      onFigure: () => desk.openFigure(),
      onFilm: () => desk.openFilm(),
      onClose: () => this.open(false),
    });
    this.rings = new Rings({
      onGrasp: () => {
        this.grasped = session.view.camera.turn;
      },
      // The picture follows the hand: the plane is turned the other way.
      onTurn: ({ plane }, degrees) => {
        if (plane !== "3d") this.move({ turn: spun(this.grasped, plane, -degrees) });
      },
    });
  }

  get isOpen(): boolean {
    return !this.panel.element.hidden;
  }

  open(open = !this.isOpen): void {
    const focused = this.panel.element.contains(document.activeElement);
    this.panel.element.hidden = !open;
    this.desk.onOpen(open, focused);
    if (open) {
      this.showKept();
      this.panel.focus();
    } else {
      this.lock(false);
      this.desk.hand.mark("plane", []);
    }
    this.show(this.panels, this.desk.session.camera);
  }

  /** The panels, or the camera, are other ones. */
  show(panels: readonly Panel[], camera: Camera): void {
    this.panels = panels;
    if (!this.isOpen) {
      this.rings.hide();
      return;
    }
    this.panel.showAngles(this.anglesNow(camera.turn));
    const names = NAMES();
    this.rings.show(panels, ({ plane }) => (plane === "3d" ? "" : names[plane]));
    if (this.facing && !sameTurn(camera.turn3d, this.turn3d)) {
      this.turn3d = camera.turn3d;
      this.desk.session.move({ turn: turnOfAll(this.facing, camera.turn3d) });
    }
  }

  /** Another region may be selected. */
  viewed(): void {
    this.panel.showRegion(this.desk.region()?.name ?? null);
  }

  hover(): void {}

  /** So that the region is longest and widest in the plane. */
  private async layAlongRegion(): Promise<void> {
    const region = this.desk.region();
    try {
      const facts = region && (await this.desk.facts(region));
      const thinnest = facts?.axes[2];
      const laid = facts?.centroid && thinnest && layAcross(thinnest, facts.centroid);
      if (laid && this.desk.region() === region) this.lay(laid, true);
    } catch (error) {
      this.desk.failed(error, () => void this.layAlongRegion());
    }
  }

  /** What the search box finds here. */
  readonly find = async (): Promise<readonly Finding[]> =>
    this.kept.in(this.space).map((plane) => ({
      kind: "plane",
      name: plane.name,
      about: t("plane"),
      go: () => this.go(plane),
    }));

  private anglesNow(turn: Quat): Angles {
    return sameTurn(turnFrom(this.angles), turn) ? this.angles : anglesOf(turn);
  }

  private get space(): string {
    return spaceOf(this.desk.session.loaded) ?? "";
  }

  /** Whoever lays a plane by hand no longer follows the 3D view. */
  private move(patch: Partial<Camera>): void {
    this.facing = null;
    this.desk.session.move(patch);
  }

  private lay({ plane, turn, at }: Laid, chosen: boolean): void {
    const { session } = this.desk;
    const { layout } = session.view.style;
    this.facing = null;
    if (layout !== "4panel" && layout !== "3d" && layout !== plane)
      session.choose({ layout: plane });
    if (chosen) session.go({ turn, at });
    else session.move({ turn, at });
    this.panel.showLaid(t("The {plane} panel shows this plane.", { plane: NAMES()[plane] }));
  }

  private lock(locked: boolean): void {
    const { session } = this.desk;
    if (!locked) {
      this.facing = null;
      return;
    }
    const { turn3d } = session.camera;
    this.facing = nearest(axesOf(turn3d).normal);
    this.turn3d = turn3d;
    session.go({ turn: turnOfAll(this.facing, turn3d) });
    this.panel.showLaid(t("The {plane} panel shows this plane.", { plane: NAMES()[this.facing] }));
  }

  private keep(name: string): void {
    const { camera, style } = this.desk.session.view;
    const { at, turn, zoom } = camera;
    this.keepPlane({ name, space: this.space, at, turn, zoom, layout: style.layout });
  }

  keepPlane(plane: KeptPlane): void {
    this.kept.keep(plane);
    this.showKept();
  }

  private showKept(): void {
    const planes = this.kept.in(this.space);
    this.panel.showKept(planes, this.kept.lasting);
  }

  private go({ at, turn, zoom, layout }: KeptPlane): void {
    const { session } = this.desk;
    this.facing = null;
    if (session.view.style.layout !== layout) session.choose({ layout });
    session.go({ at, turn, zoom });
  }

  private async copyLink({ name, at, turn, zoom, layout }: KeptPlane): Promise<void> {
    const { view } = this.desk.session;
    const hash = formatHash({
      ...view,
      camera: { ...view.camera, at, turn, zoom },
      style: { ...view.style, layout },
    });
    const link = new URL(`${hash}&plane=${encodeURIComponent(name)}`, this.base).href;
    await this.desk.copy(link, t("The link to this plane is copied."));
  }

  /** A link named the plane that it shows. */
  offerNamed(name: string): KeptPlane {
    const { camera, style } = this.desk.session.view;
    const { at, turn, zoom } = camera;
    return { name, space: this.space, at, turn, zoom, layout: style.layout };
  }
}
