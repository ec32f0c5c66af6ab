/** The planes drawn by OpenSeadragon, for browsers without WebGL2: the same page around them. */

import type { Drawer } from "../drawer";
import type { Vec3 } from "../geometry";
import { UPRIGHT } from "../geometry";
import { type Look, lookOf } from "../look";
import type { DrawnSet } from "../marks/paint";
import type { PanelMap } from "../marks/project";
import { layPanels, type Panel, type Plane } from "../panels";
import type { Scene } from "../scene";
import type { Camera, View } from "../state";
import { h } from "../ui/dom";
import type { Cursor } from "../viewer/cursor";
import type { PickedMark } from "../viewer/marklayers";
import type { Picked } from "../viewer/viewer";
import { t } from "../words";
import { gridOf } from "./grid";
import { MarkSheet } from "./marksheet";
import { noSpace, Pane, type Size } from "./pane";
import { Probe } from "./probe";

/** A press that moves farther than this, in pixels, is a drag and selects nothing. */
const CLICK_RADIUS = 5;
/** While a plane is dragged the others follow this often, in ms. */
const FOLLOW = 120;
const WHEEL_NOTCH = 40;

export class Viewer implements Drawer {
  onCamera: () => void = () => {};
  onCursor: (cursor: Cursor | null) => void = () => {};
  onPick: (pick: Picked) => void = () => {};
  onMenu: (cursor: Cursor, at: { x: number; y: number }) => void = () => {};
  onPanels: (panels: readonly Panel[]) => void = () => {};
  /** There is no graphics card to lose. */
  onLost: () => void = () => {};

  /** Are clicks meant to draw? What lies under them need not be asked then. */
  drawing = false;

  private readonly marks = new MarkSheet(() => this.drawMarks());
  private pointer: { x: number; y: number } | null = null;
  private readonly ground = h("div", { class: "panes" });
  private readonly sizes = new Map<string, Promise<Size>>();
  private readonly known = new Map<string, Size>();
  private readonly probe = new Probe();
  private readonly second = new Probe();
  private panes: Pane[] = [];
  private built = "";
  private shown: { view: View; scene: Scene; look: Look | null } | null = null;
  private resolve: (path: string) => string = (path) => path;
  private now: Camera | null = null;
  private last: Pane | null = null;
  private failed = 0;
  private problem: string | null = null;
  private following: number | undefined;

  constructor(private readonly target: HTMLElement) {
    target.append(this.ground, this.marks.element);
    new ResizeObserver(() => this.laid()).observe(target);
    this.listen();
  }

  dispose(): void {
    this.ground.remove();
  }

  show(view: View, scene: Scene, _drawn: unknown, resolve: (path: string) => string): void {
    this.resolve = resolve;
    this.shown = { view, scene, look: lookOf(view, scene, true) };
    this.now = { ...view.camera, turn: UPRIGHT };
    this.laid();
    this.draw();
  }

  fly(camera: Camera): void {
    this.now = { ...camera, turn: UPRIGHT };
    this.draw();
  }

  camera(): Camera {
    if (!this.now) throw new Error("Nothing is shown yet");
    return { ...this.now, turn: this.shown?.view.camera.turn ?? UPRIGHT };
  }

  panels(): Panel[] {
    const { clientWidth: width, clientHeight: height } = this.target;
    const layout = this.shown?.view.style.layout ?? "horizontal";
    return layPanels(layout, UPRIGHT, { width, height });
  }

  /** What is at a point, wherever the pointer is. */
  async at(point: Vec3): Promise<Cursor | null> {
    const found = this.shown && (await this.second.ask(point, this.asked(this.shown)));
    return found && { point, plane: this.activePlane, solid: null, ...found };
  }

  get activePlane(): Plane {
    return this.active?.plane ?? "3d";
  }

  /** Its pictures hold colours, no labels. */
  labelsIn(): null {
    return null;
  }

  /** How the planes map the world to their pixels. */
  maps(): PanelMap[] {
    return this.panes.map((pane) => pane.map());
  }

  showMarks(sets: readonly DrawnSet[]): void {
    this.marks.show(sets);
    this.drawMarks();
  }

  markAtCursor(): PickedMark | null {
    return this.pointer && this.marks.at(this.pointer.x, this.pointer.y);
  }

  pan(across: number, down: number): void {
    this.active?.pan(across, down);
  }

  step(slices: number): void {
    if (!this.active || !this.now) return;
    this.now = { ...this.now, at: this.active.stepped(slices, this.now.at) };
    this.draw();
    this.onCamera();
  }

  /** Planes stay upright here. */
  tilt(): void {}

  zoomBy(factor: number): void {
    this.active?.zoomBy(factor);
  }

  zoomAt(factor: number, place: { x: number; y: number }): void {
    this.active?.zoomBy(factor, place);
  }

  loading(): { needed: number; available: number } {
    const available = this.panes.filter((pane) => pane.complete).length;
    return { needed: this.panes.length, available };
  }

  isReady(): boolean {
    if (!this.shown) return false;
    return (
      this.shown.look === null || (this.panes.every((pane) => pane.complete) && this.marks.complete)
    );
  }

  problems(): string[] {
    return this.problem === null ? [] : [this.problem];
  }

  async failedChunks(): Promise<number> {
    return this.failed;
  }

  async retry(): Promise<void> {
    this.failed = 0;
    this.problem = null;
    this.built = "";
    this.laid();
    this.draw();
  }

  async drawn(patience = 60_000): Promise<void> {
    const end = performance.now() + patience;
    for (let ready = 0; performance.now() < end; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ready = this.isReady() ? ready + 1 : 0;
      if (ready === 3) return;
    }
    throw new Error(`Not drawn within ${patience} ms`);
  }

  picture(): string {
    const { clientWidth, clientHeight } = this.target;
    const canvas = h("canvas", { width: clientWidth, height: clientHeight });
    const pen = canvas.getContext("2d");
    if (!pen) return "";
    pen.fillRect(0, 0, clientWidth, clientHeight);
    for (const { element, canvas: part } of this.panes) {
      const { offsetLeft: x, offsetTop: y, clientWidth: w, clientHeight: height } = element;
      pen.drawImage(part, x, y, w, height);
    }
    pen.drawImage(this.marks.element, 0, 0, clientWidth, clientHeight);
    return canvas.toDataURL();
  }

  // ------------------------------------------------------------ inside

  /** The plane that the pointer was over last, or the first one. */
  private get active(): Pane | null {
    const { last, panes } = this;
    return last && panes.includes(last) ? last : (panes[0] ?? null);
  }

  /** Make the planes of the layout, where they are not there yet. */
  private laid(): void {
    if (!this.shown) return;
    const { view, scene, look } = this.shown;
    const panels = this.panels();
    const volume = look?.volume === scene.labels?.id ? scene.labels : scene.image;
    const key = JSON.stringify([view.style.layout, volume?.id, volume?.digest]);
    if (key !== this.built) {
      this.built = key;
      for (const pane of this.panes) pane.destroy();
      this.ground.replaceChildren();
      this.panes = [];
      for (const { plane } of panels) {
        if (plane === "3d") this.ground.append(noSpace());
        else if (volume) this.panes.push(this.pane(plane, gridOf(volume, plane)));
      }
    }
    const elements = panels.map(({ plane }) =>
      plane === "3d"
        ? this.ground.querySelector<HTMLElement>(".pane-empty")
        : this.panes.find((pane) => pane.plane === plane)?.element,
    );
    panels.forEach(({ left, top, width, height }, i) => {
      const style = elements[i]?.style;
      if (!style) return;
      style.left = `${left}px`;
      style.top = `${top}px`;
      style.width = `${width}px`;
      style.height = `${height}px`;
    });
    for (const pane of this.panes) pane.resized();
    this.drawMarks();
    this.onPanels(panels);
  }

  private pane(plane: Pane["plane"], grid: ReturnType<typeof gridOf>): Pane {
    return new Pane(plane, grid, this.ground, {
      onMoved: (pane, at, zoom) => {
        if (!this.now) return;
        this.last = pane;
        this.now = { ...this.now, at, zoom };
        this.following ??= window.setTimeout(() => {
          this.following = undefined;
          this.draw();
        }, FOLLOW);
        this.drawMarks();
        this.onPanels(this.panels());
        this.onCamera();
      },
      onFailed: () => {
        this.failed += 1;
      },
    });
  }

  private draw(): void {
    const { shown, now } = this;
    if (!shown || !now) return;
    for (const pane of this.panes) {
      pane.place(now.at, now.zoom);
      const { look } = shown;
      pane.element.hidden = look === null;
      if (!look) continue;
      const size = this.size(look.volume, pane.plane);
      if (size) pane.draw(look, size, now.at, this.resolve);
    }
    this.drawMarks();
    this.onPanels(this.panels());
  }

  private drawMarks(): void {
    const { clientWidth, clientHeight } = this.target;
    this.marks.draw(this.maps(), clientWidth, clientHeight);
  }

  /** The same place in the pixels of the map. */
  private spot({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const { left, top } = this.target.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /** How large a plane's slices are; when it is not known yet it is drawn a moment later. */
  private size(volume: string, plane: Pane["plane"]): Size | null {
    const key = `${volume}/${plane}`;
    const known = this.known.get(key);
    if (known) return known;
    if (!this.sizes.has(key)) {
      const asked = sizeOf(this.resolve(`dzi/${key}/0.dzi?pixels=square`));
      this.sizes.set(key, asked);
      asked.then(
        (size) => {
          this.known.set(key, size);
          this.draw();
        },
        (error: unknown) => {
          this.sizes.delete(key);
          this.problem = error instanceof Error ? error.message : String(error);
        },
      );
    }
    return null;
  }

  private paneAt(event: Event): Pane | null {
    const target = event.target as Node | null;
    return this.panes.find(({ element }) => element.contains(target)) ?? null;
  }

  private listen(): void {
    const { target } = this;
    target.addEventListener("contextmenu", (event) => {
      event.preventDefault();
      const pane = this.paneAt(event);
      if (pane)
        void this.look(pane, event, (cursor) =>
          this.onMenu(cursor, { x: event.clientX, y: event.clientY }),
        ); // prettier-ignore
    });
    let turned = 0;
    target.addEventListener(
      "wheel",
      (event) => {
        const pane = this.paneAt(event);
        if (!pane || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.stopPropagation();
        this.last = pane;
        turned += event.deltaY || event.deltaX;
        if (Math.abs(turned) < WHEEL_NOTCH) return;
        this.step((turned < 0 ? 1 : -1) * (event.shiftKey ? 10 : 1));
        turned = 0;
      },
      { capture: true, passive: false },
    );
    target.addEventListener(
      "pointermove",
      (event) => {
        const pane = this.paneAt(event);
        if (!pane || event.buttons !== 0) return;
        this.last = pane;
        this.pointer = this.spot(event);
        void this.look(pane, event, (cursor) => this.onCursor(cursor));
      },
      true,
    );
    target.addEventListener("pointerleave", ({ pointerType }) => {
      // A finger leaves wherever it taps: what it asked there is still wanted.
      if (pointerType !== "mouse") return;
      this.probe.stop();
      this.pointer = null;
      this.onCursor(null);
    });
    let pressed: { id: number; x: number; y: number } | null = null;
    target.addEventListener(
      "pointerdown",
      ({ button, isPrimary, pointerId: id, clientX: x, clientY: y }) => {
        pressed = button === 0 && isPrimary ? { id, x, y } : null;
      },
      true,
    );
    window.addEventListener(
      "pointerup",
      (event) => {
        const from = pressed;
        pressed = null;
        const pane = this.paneAt(event);
        if (!from || !pane || event.pointerId !== from.id || event.shiftKey) return;
        if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > CLICK_RADIUS) return;
        this.last = pane;
        const toggle = event.ctrlKey || event.metaKey;
        void this.look(pane, event, (cursor) => {
          this.onCursor(cursor);
          this.pointer = this.spot(event);
          const mark = this.markAtCursor();
          this.onPick({ cursor, toggle, mark, x: event.clientX, y: event.clientY });
        });
      },
      true,
    );
  }

  /** Ask what is under the pointer, and say it, unless it is somewhere else by then. */
  private async look(
    pane: Pane,
    { clientX: x, clientY: y }: MouseEvent,
    then: (cursor: Cursor) => void,
  ): Promise<void> {
    const { shown } = this;
    if (!shown) return;
    const point: Vec3 = pane.pointAt({ x, y });
    if (this.drawing) {
      then({ point, plane: pane.plane, solid: null, label: null, value: null });
      return;
    }
    const found = await this.probe.ask(point, this.asked(shown));
    if (found) then({ point, plane: pane.plane, solid: null, ...found });
  }

  private asked({ view: { style }, scene: { image, labels } }: { view: View; scene: Scene }) {
    return {
      image: style.template ? (image?.id ?? null) : null,
      labels: style.regions ? (labels?.id ?? null) : null,
      resolve: this.resolve,
    };
  }
}

async function sizeOf(address: string): Promise<Size> {
  const response = await fetch(address);
  const xml = new DOMParser().parseFromString(await response.text(), "application/xml");
  const size = xml.getElementsByTagName("Size")[0];
  const [width, height] = ["Width", "Height"].map((name) => Number(size?.getAttribute(name)));
  if (!response.ok || !width || !height) {
    throw new Error(t("The server’s answer is not understood: the size of a slice."));
  }
  return [width, height];
}
