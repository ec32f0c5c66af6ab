/** Neuroglancer inside our page: shows a view, and tells of what the user does to it. */

import "neuroglancer";
import { makeMinimalViewer } from "neuroglancer/unstable/ui/minimal_viewer.js";
import type { Drawn } from "../drawn";
import { add, multiply, type Quat, quat, scale, turn, type Vec3 } from "../geometry";
import type { DrawnSet } from "../marks/paint";
import type { PanelMap } from "../marks/project";
import type { Panel, Plane } from "../panels";
import { engineState, outlineOf, PLANE_TURNS, type Scene } from "../scene";
import { drawnVoxel, stepAlong, upward } from "../slices";
import type { Camera, Style, View } from "../state";
import { type Before, cameraOf, change, joinLabels, move } from "./change";
import { type Cursor, Mouse } from "./cursor";
import { type Engine, type EngineLayout, type EnginePanel, panelsOf } from "./engine";
import { bindGestures, listen } from "./input";
import { mapsOf } from "./maps";
import { MarkLayers, type PickedMark } from "./marklayers";
import { installOutline, setOutline } from "./outline";
import { axesOf, placePanels, planeOf, pointAt } from "./panels";
import { failedChunks, isReady, type Loading, loading, problems, retry } from "./progress";
import { installVeil, setVeil } from "./veil";

export interface Picked {
  readonly cursor: Cursor;
  /** Add to or take from what is selected, instead of replacing it. */
  readonly toggle: boolean;
  /** The annotation at the cursor. */
  readonly mark: PickedMark | null;
  /** Where in the window it was. */
  readonly x: number;
  readonly y: number;
}

/** How strongly the planes in 3D veil the surfaces behind them. */
const VEIL = 0.4;

const NO_SCENE: Scene = { image: null, labels: null, surfaces: false };

export class Viewer {
  onCamera: () => void = () => {};
  onCursor: (cursor: Cursor | null) => void = () => {};
  onPick: (pick: Picked) => void = () => {};
  onMenu: (cursor: Cursor, at: { x: number; y: number }) => void = () => {};
  onPanels: (panels: readonly Panel[]) => void = () => {};
  onLost: () => void = () => {};

  /** Clicks are meant to draw. */
  drawing = false;

  private readonly engine: Engine;
  private readonly mouse: Mouse;
  private readonly marks: MarkLayers;
  private scene: Scene = NO_SCENE;
  private before: Before | null = null;
  private panelsDue = false;

  constructor(private readonly target: HTMLElement) {
    installOutline();
    installVeil();
    this.engine = makeMinimalViewer({
      target,
      showLayerDialog: false,
      resetStateWhenEmpty: false,
      showUIControls: false,
      showPanelBorders: false,
    });
    const { engine } = this;
    this.mouse = new Mouse(engine);
    this.marks = new MarkLayers(engine);
    bindGestures(engine);
    listen(target, engine, this.mouse, {
      onStep: (slices, panel) => this.step(slices, panel),
      onZoom: (factor, at, panel) => this.zoomAt(factor, at, panel),
      onCursor: (cursor) => this.onCursor(cursor),
      onPick: (pick) => this.onPick({ ...pick, mark: this.marks.picked() }),
      onMenu: (cursor, at) => this.onMenu(cursor, at),
      drawing: () => this.drawing,
    });
    const moved = () => {
      this.panelsChanged();
      this.onCamera();
      if (this.mouse.present) this.onCursor(this.mouse.cursor());
    };
    engine.position.changed.add(moved);
    engine.crossSectionScale.changed.add(moved);
    engine.crossSectionOrientation.changed.add(() => {
      this.turnPlanesIn3d(quat(engine.crossSectionOrientation.orientation));
      moved();
    });
    engine.projectionScale.changed.add(moved);
    engine.projectionOrientation.changed.add(moved);
    engine.layout.changed.add(() => this.panelsChanged());
    engine.layerSelectedValues.changed.add(() => this.onCursor(this.mouse.cursor()));
    new ResizeObserver(() => this.panelsChanged()).observe(target);
    engine.display.canvas.addEventListener("webglcontextlost", () => this.onLost());
  }

  /** Give back what can be given back: another one takes this one's place. */
  dispose(): void {
    this.onCamera = this.onPanels = () => {};
    this.onCursor = () => {};
    this.onLost = () => {};
    try {
      this.engine.dispose();
    } catch {
      // Without its graphics card the engine cannot put all of it away.
    }
  }

  /** Draw a view. Data that are shown already are kept: only what changed is told to the engine. */
  show(view: View, scene: Scene, drawn: Drawn, resolve: (path: string) => string): void {
    const { before } = this;
    const same =
      scene.image?.source.path === this.scene.image?.source.path &&
      scene.labels?.source.path === this.scene.labels?.source.path &&
      scene.surfaces === this.scene.surfaces &&
      view.style.channel === before?.style.channel;
    this.scene = scene;
    this.before = { style: view.style, drawn };
    this.outline(view.style);
    setVeil(drawn.solids.length > 0 ? VEIL : 1);
    if (!same || before === null) {
      this.engine.state.reset();
      this.engine.state.restoreState(engineState(view, scene, drawn, resolve));
      joinLabels(this.engine, drawn);
      this.marks.restore();
    } else {
      change(this.engine, view, scene, drawn, before);
    }
    this.turnPlanesIn3d(view.camera.turn);
    this.panelsChanged();
  }

  /** Put the camera somewhere, and leave the rest as it is. */
  fly(camera: Camera): void {
    move(this.engine, camera);
  }

  camera(): Camera {
    return cameraOf(this.engine);
  }

  panels(): Panel[] {
    return placePanels(this.engine, this.target);
  }

  /** What is at a point, wherever the mouse is; `null` when something else was asked meanwhile. */
  async at(point: Vec3): Promise<Cursor | null> {
    return this.mouse.look(point);
  }

  /** The plane that the mouse was over last. */
  get activePlane(): Plane {
    return planeOf(this.mouse.active, this.engine.crossSectionOrientation.orientation);
  }

  /** The labels that a panel shows, looked at in steps of pixels, row by row. */
  labelsIn(panel: number, step: number) {
    const found = panelsOf(this.engine)[panel];
    return found?.sliceView ? this.mouse.labelsOf(found, step) : null;
  }

  /** How the panels map the world to their pixels. */
  maps(): PanelMap[] {
    return mapsOf(this.engine, this.target);
  }

  /** Draw these annotation sets, and no others. */
  showMarks(sets: readonly DrawnSet[]): void {
    this.marks.show(sets);
  }

  /** The annotation that the engine last saw under the mouse. */
  markAtCursor(): PickedMark | null {
    return this.marks.picked();
  }

  // ------------------------------------------------------------ moves by key

  /** Move in the plane under the mouse by a share of its size. */
  pan(across: number, down: number): void {
    const panel = this.mouse.active;
    const { width, height } = panel.element.getBoundingClientRect();
    panel.translateByViewportPixels(-across * width, -down * height);
  }

  /** Step through the slices of the plane under the mouse. */
  step(slices: number, panel: EnginePanel = this.mouse.active): void {
    const axes = axesOf(panel);
    if (!axes) return;
    const volume = this.scene.image ?? this.scene.labels;
    if (!volume) return;
    const direction = upward(axes.normal);
    const voxel = drawnVoxel(volume, this.engine.crossSectionScale.value);
    const at = add(this.camera().at, scale(direction, slices * stepAlong(voxel, direction)));
    this.engine.position.value = Float32Array.from(at);
  }

  /** Tilt the planes about the middle, by a turn about a side of the plane under the mouse. */
  tilt(side: "right" | "down", degrees: number): void {
    const axes = axesOf(this.mouse.active);
    if (!axes) return;
    const { crossSectionOrientation } = this.engine;
    const now = quat(crossSectionOrientation.orientation);
    crossSectionOrientation.restoreState([...multiply(turn(axes[side], degrees), now)]);
  }

  zoomBy(factor: number): void {
    this.mouse.active.navigationState.zoomBy(factor);
  }

  /** Zoom, and keep what is at a place of the window where it is. */
  zoomAt(factor: number, { x, y }: { x: number; y: number }, panel: EnginePanel): void {
    const point = pointAt(panel, x, y);
    if (point) {
      const { at } = this.camera();
      const moved = add(at, scale(add(point, scale(at, -1)), 1 - factor));
      this.engine.position.value = Float32Array.from(moved);
    }
    panel.navigationState.zoomBy(factor);
  }

  // ------------------------------------------------------------ what is going on

  loading(): Loading {
    return loading(this.engine);
  }

  isReady(): boolean {
    return isReady(this.engine);
  }

  problems(): string[] {
    return problems(this.engine);
  }

  failedChunks(): Promise<number> {
    return failedChunks(this.engine);
  }

  retry(): Promise<void> {
    return retry(this.engine);
  }

  /** Settle when the picture is complete. */
  async drawn(patience = 60_000): Promise<void> {
    let ready = 0;
    const end = performance.now() + patience;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ready = this.before !== null && this.isReady() ? ready + 1 : 0;
      if (ready === 3) {
        this.engine.display.draw();
        return;
      }
    }
    throw new Error(
      `Not drawn within ${patience} ms: ${await this.failedChunks()} chunks failed. ` +
        this.problems().join(" "),
    );
  }

  /** The picture as it is now, without our own overlays. */
  picture(): string {
    this.engine.display.draw();
    return this.engine.display.canvas.toDataURL();
  }

  // ------------------------------------------------------------ inside

  /** Turn the planes of the 3D panel with those of the other panels. */
  private turnPlanesIn3d(q: Quat): void {
    const { container } = this.engine.layout as unknown as EngineLayout;
    const sections = container.component.layerGroupViewer.layout.specification.crossSections;
    for (const [name, relative] of Object.entries(PLANE_TURNS)) {
      sections.get(name)?.orientation.value.restoreState(multiply(q, relative));
    }
  }

  private outline(style: Style): void {
    setOutline(outlineOf(style));
    // Nothing the engine knows of need have changed.
    for (const { sliceView } of panelsOf(this.engine)) sliceView?.viewChanged.dispatch();
    this.engine.display.scheduleRedraw();
  }

  private panelsChanged(): void {
    if (this.panelsDue) return;
    this.panelsDue = true;
    requestAnimationFrame(() => {
      this.panelsDue = false;
      this.onPanels(this.panels());
    });
  }
}
