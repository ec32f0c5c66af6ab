/** Neuroglancer inside our page. Together with `outline.ts` the only room that imports it. */

import "neuroglancer";
import {
  ChunkPriorityTier,
  ChunkState,
  getChunkStateStatisticIndex,
} from "neuroglancer/unstable/chunk_manager/base.js";
import { makeMinimalViewer } from "neuroglancer/unstable/ui/minimal_viewer.js";
import type { Viewer as Engine } from "neuroglancer/unstable/viewer.js";
import {
  add,
  multiply,
  normalize,
  type Quat,
  type Sides,
  sameTurn,
  scale,
  sidesOf,
  UPRIGHT,
  type Vec3,
  zoomToFit,
} from "../geometry";
import {
  boundsOf,
  type Camera,
  engineLayout,
  engineState,
  IMAGE_LAYER,
  LABELS_LAYER,
  type Layout,
  outlineOf,
  PLANE_TURNS,
  type Scene,
  type Style,
  shaderControls,
  spanOf,
  TURN_3D,
  type View,
} from "../state";
import { installOutline, setOutline } from "./outline";

export type Plane = "horizontal" | "coronal" | "sagittal" | "3d";

/** One panel of the map, placed in the map's own pixels. */
export interface Panel {
  readonly plane: Plane;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What lies at the panel's edges; `null` for the 3D panel. */
  readonly sides: Sides | null;
}

export interface Cursor {
  readonly point: Vec3;
  readonly plane: Plane;
  /** The voxel of the labels under the cursor; `null` where there is none. */
  readonly label: bigint | null;
  /** The voxel of the image under the cursor, as text. */
  readonly value: string | null;
}

export interface Pick {
  readonly cursor: Cursor;
  /** Add to or take from what is selected, instead of replacing it. */
  readonly toggle: boolean;
}

export interface Loading {
  readonly needed: number;
  readonly available: number;
}

/** The parts of the engine whose types are not published. */
interface EngineLayer {
  readonly dataSources?: readonly {
    readonly loadState?: { readonly error?: Error } | undefined;
  }[];
  readonly renderLayers: readonly {
    readonly layerChunkProgressInfo: {
      readonly numVisibleChunksNeeded: number;
      readonly numVisibleChunksAvailable: number;
    };
    getValueAt?(point: Float32Array): unknown;
    readonly messages?: Iterable<{ readonly severity: number; readonly message: string }>;
  }[];
  readonly displayState?: {
    readonly ignoreNullVisibleSet: { value: boolean };
    readonly segmentationGroupState: {
      readonly value: Record<"visibleSegments" | "selectedSegments", LabelSet>;
    };
  };
  readonly shaderControlState?: { restoreState(state: unknown): void };
}

/** Where the engine keeps the planes of its 3D panel. */
interface EngineLayout {
  readonly container: {
    readonly component: {
      readonly layerGroupViewer: {
        readonly layout: {
          readonly specification: {
            readonly crossSections: ReadonlyMap<
              string,
              { readonly orientation: { readonly value: { restoreState(q: Quat): void } } }
            >;
          };
        };
      };
    };
  };
}

interface LabelSet {
  clear(): void;
  add(labels: bigint[]): void;
  readonly size: number;
}

interface EnginePanel {
  readonly element: HTMLElement;
  readonly sliceView?: {
    readonly projectionParameters: { readonly value: { readonly invViewMatrix: Float32Array } };
    readonly navigationState: {
      readonly pose: { readonly orientation: { readonly orientation: Float32Array } };
    };
  };
  readonly navigationState: { zoomBy(factor: number): void };
  handleMouseMove(clientX: number, clientY: number): void;
  zoomByMouse(factor: number): void;
  translateByViewportPixels(deltaX: number, deltaY: number): void;
}

/** A press that moves farther than this, in pixels, is a drag and selects nothing. */
const CLICK_RADIUS = 4;

const NO_SCENE: Scene = { image: null, labels: null, colors: {} };

export class Viewer {
  onCamera: () => void = () => {};
  onCursor: (cursor: Cursor | null) => void = () => {};
  onPick: (pick: Pick) => void = () => {};
  onPanels: (panels: readonly Panel[]) => void = () => {};
  onLost: () => void = () => {};

  private readonly engine: Engine;
  private scene: Scene = NO_SCENE;
  private style: Style | null = null;
  private hovered: EnginePanel | null = null;
  private mouse: { readonly x: number; readonly y: number } | null = null;
  private panelsDue = false;

  constructor(private readonly target: HTMLElement) {
    installOutline();
    this.engine = makeMinimalViewer({
      target,
      showLayerDialog: false,
      resetStateWhenEmpty: false,
      showUIControls: false,
      showPanelBorders: false,
    });
    this.bindInput();
    const { engine } = this;
    const moved = () => {
      this.panelsChanged();
      this.onCamera();
      if (this.mouse) this.onCursor(this.cursor());
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
    engine.layerSelectedValues.changed.add(() => this.onCursor(this.cursor()));
    new ResizeObserver(() => this.panelsChanged()).observe(target);
    engine.display.canvas.addEventListener("webglcontextlost", () => this.onLost());
  }

  /** Draw a view. Data that are shown already are kept: only what changed is told to the engine. */
  show(
    view: View,
    scene: Scene,
    visible: readonly bigint[] | null,
    resolve: (path: string) => string,
  ): void {
    const same =
      this.style !== null &&
      scene.image?.source.path === this.scene.image?.source.path &&
      scene.labels?.source.path === this.scene.labels?.source.path &&
      scene.colors === this.scene.colors;
    const before = this.style;
    this.scene = scene;
    this.style = view.style;
    this.outline(view.style);
    if (!same || before === null) {
      this.engine.state.reset();
      this.engine.state.restoreState(engineState(view, scene, visible, resolve));
    } else {
      this.patch(view, before, visible);
    }
    this.turnPlanesIn3d(view.camera.turn);
    this.panelsChanged();
  }

  camera(): Camera {
    const { engine } = this;
    const [x = 0, y = 0, z = 0] = engine.position.value;
    return {
      at: [x, y, z],
      zoom: engine.crossSectionScale.value,
      turn: quat(engine.crossSectionOrientation.orientation),
      zoom3d: engine.projectionScale.value,
      turn3d: quat(engine.projectionOrientation.orientation),
    };
  }

  /** A camera that has the whole of a scene in every panel. */
  home(scene: Scene, layout: Layout): Camera {
    const bounds = boundsOf(scene) ?? [
      [-1, -1, -1],
      [1, 1, 1],
    ];
    const { clientWidth, clientHeight } = this.target;
    const half = layout === "4panel" ? 2 : 1;
    const panel = { width: clientWidth / half, height: clientHeight / half };
    return {
      at: scale(add(bounds[0], bounds[1]), 0.5),
      zoom: zoomToFit(bounds, [panel]),
      turn: UPRIGHT,
      zoom3d: spanOf(scene) * 1.35 * Math.max(1, panel.height / Math.max(panel.width, 1)),
      turn3d: TURN_3D,
    };
  }

  /** The size of the smallest panel that shows a plane, in pixels. */
  panelSize(): { width: number; height: number } {
    const planes = this.panels().filter(({ plane }) => plane !== "3d");
    const { clientWidth: width, clientHeight: height } = this.target;
    return planes[0] ?? { width, height };
  }

  panels(): Panel[] {
    const origin = this.target.getBoundingClientRect();
    return this.enginePanels().map((panel) => {
      const box = panel.element.getBoundingClientRect();
      const plane = planeOf(panel, this.engine.crossSectionOrientation.orientation);
      const axes = axesOf(panel);
      return {
        plane,
        left: box.left - origin.left,
        top: box.top - origin.top,
        width: box.width,
        height: box.height,
        sides: axes && sidesOf(axes.right, axes.down),
      };
    });
  }

  // ------------------------------------------------------------ moves by key

  /** Move in the plane under the mouse by a share of its size. */
  pan(across: number, down: number): void {
    const panel = this.activePanel();
    const { width, height } = panel.element.getBoundingClientRect();
    panel.translateByViewportPixels(-across * width, -down * height);
  }

  /** Step through the slices of the plane under the mouse. */
  step(slices: number, panel: EnginePanel = this.activePanel()): void {
    const axes = axesOf(panel);
    if (!axes) return;
    const n = axes.normal;
    const main = [0, 1, 2].reduce((a, b) => (Math.abs(n[b] ?? 0) > Math.abs(n[a] ?? 0) ? b : a), 0);
    const towards = Math.sign(n[main] ?? 1) || 1;
    const voxel = (this.scene.image ?? this.scene.labels)?.voxelSize[main] ?? 1;
    // A slice as one sees it: a voxel, or a pixel where many voxels lie under one.
    const size = Math.max(voxel, this.engine.crossSectionScale.value);
    const at = add(this.camera().at, scale(n, towards * slices * size));
    this.engine.position.value = Float32Array.from(at);
  }

  zoomBy(factor: number): void {
    this.activePanel().navigationState.zoomBy(factor);
  }

  // ------------------------------------------------------------ what is going on

  loading(): Loading {
    let needed = 0;
    let available = 0;
    for (const layer of this.layers()) {
      for (const { layerChunkProgressInfo: info } of layer.renderLayers) {
        needed += info.numVisibleChunksNeeded;
        available += info.numVisibleChunksAvailable;
      }
    }
    return { needed, available };
  }

  isReady(): boolean {
    const layers = this.engine.layerManager.managedLayers;
    return (
      layers.length > 0 && layers.every(({ layer }) => layer !== null) && this.engine.isReady()
    );
  }

  /** What failed to load, in the engine's words. */
  problems(): string[] {
    const problems = new Set<string>();
    for (const layer of this.layers()) {
      for (const source of layer.dataSources ?? []) {
        if (source.loadState?.error) problems.add(source.loadState.error.message);
      }
      for (const { messages } of layer.renderLayers) {
        for (const { severity, message } of messages ?? []) {
          if (severity === 2) problems.add(message);
        }
      }
    }
    return [...problems];
  }

  /** How many chunks of the picture could not be read. */
  async failedChunks(): Promise<number> {
    const index = getChunkStateStatisticIndex(ChunkState.FAILED, ChunkPriorityTier.VISIBLE);
    let failed = 0;
    for (const [, statistics] of await this.engine.chunkQueueManager.getStatistics()) {
      failed += statistics[index] ?? 0;
    }
    return failed;
  }

  /** Ask again for everything. */
  async retry(): Promise<void> {
    for (const [source] of await this.engine.chunkQueueManager.getStatistics()) {
      (source as { invalidateCache?: () => void }).invalidateCache?.();
    }
  }

  /** Settle when the picture is complete. */
  async drawn(patience = 60_000): Promise<void> {
    let ready = 0;
    const end = performance.now() + patience;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ready = this.style !== null && this.isReady() ? ready + 1 : 0;
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

  private patch(view: View, before: Style, visible: readonly bigint[] | null): void {
    const { engine, scene } = this;
    const { style } = view;
    this.move(view.camera);
    if (style.layout !== before.layout) {
      engine.state.restoreState({
        layout: engineLayout(style.layout, spanOf(scene), view.camera.turn),
      });
    }

    const image = this.managed(IMAGE_LAYER);
    if (image && scene.image) {
      image.setVisible(style.template);
      if (style.window !== before.window || style.gamma !== before.gamma) {
        (image.layer as EngineLayer | null)?.shaderControlState?.restoreState(
          shaderControls(scene.image, style),
        );
      }
    }
    const labels = this.managed(LABELS_LAYER);
    if (labels) {
      labels.setVisible(style.regions);
      const display = (labels.layer as EngineLayer | null)?.displayState;
      if (display && style.selected !== before.selected) this.select(display, visible);
    }
  }

  private select(
    display: NonNullable<EngineLayer["displayState"]>,
    visible: readonly bigint[] | null,
  ): void {
    const { selectedSegments, visibleSegments } = display.segmentationGroupState.value;
    selectedSegments.clear();
    visibleSegments.clear();
    display.ignoreNullVisibleSet.value = visible === null;
    if (visible !== null && visible.length > 0) visibleSegments.add([...visible]);
  }

  private move({ at, zoom, turn, zoom3d, turn3d }: Camera): void {
    const { engine } = this;
    const now = this.camera();
    if (at.some((value, i) => Math.fround(value) !== now.at[i])) {
      engine.position.value = Float32Array.from(at);
    }
    if (zoom !== now.zoom) engine.crossSectionScale.value = zoom;
    if (zoom3d !== now.zoom3d) engine.projectionScale.value = zoom3d;
    for (const [state, to, from] of [
      [engine.crossSectionOrientation, turn, now.turn],
      [engine.projectionOrientation, turn3d, now.turn3d],
    ] as const) {
      // By the same way as a link is opened, so that both come to the same bits.
      if (!normalize(to).every((value, i) => Math.fround(value) === from[i])) {
        state.restoreState([...to]);
      }
    }
  }

  /** Turn the planes of the 3D panel with those of the other panels. */
  private turnPlanesIn3d(turn: Quat): void {
    const { container } = this.engine.layout as unknown as EngineLayout;
    const sections = container.component.layerGroupViewer.layout.specification.crossSections;
    for (const [name, relative] of Object.entries(PLANE_TURNS)) {
      sections.get(name)?.orientation.value.restoreState(multiply(turn, relative));
    }
  }

  private outline(style: Style): void {
    setOutline(outlineOf(style));
    // Nothing the engine knows of need have changed.
    for (const panel of this.engine.display.panels) {
      const { sliceView } = panel as unknown as {
        sliceView?: { viewChanged: { dispatch(): void } };
      };
      sliceView?.viewChanged.dispatch();
    }
    this.engine.display.scheduleRedraw();
  }

  private managed(name: string) {
    return this.engine.layerManager.getLayerByName(name);
  }

  private layers(): EngineLayer[] {
    return this.engine.layerManager.managedLayers.flatMap(({ layer }) =>
      layer ? [layer as EngineLayer] : [],
    );
  }

  private enginePanels(): EnginePanel[] {
    return [...this.engine.display.panels] as unknown as EnginePanel[];
  }

  private activePanel(): EnginePanel {
    const panels = this.enginePanels();
    const { hovered } = this;
    const panel = hovered && panels.includes(hovered) ? hovered : panels[0];
    if (!panel) throw new Error("The map has no panel");
    return panel;
  }

  private panelAt(event: Event): EnginePanel | null {
    const target = event.target as Node | null;
    return this.enginePanels().find(({ element }) => element.contains(target)) ?? null;
  }

  private panelsChanged(): void {
    if (this.panelsDue) return;
    this.panelsDue = true;
    requestAnimationFrame(() => {
      this.panelsDue = false;
      this.onPanels(this.panels());
    });
  }

  /**
   * What is under the mouse, now. The engine's own answer comes some frames later, by way of the
   * graphics card; only the 3D panel needs that.
   */
  private cursor(): Cursor | null {
    const { hovered, mouse } = this;
    if (hovered === null || mouse === null) return null;
    const point = pointAt(hovered, mouse.x, mouse.y) ?? this.pickedIn3d();
    if (point === null) return null;
    const label = this.valueAt(LABELS_LAYER, point);
    const value = this.valueAt(IMAGE_LAYER, point);
    return {
      point,
      plane: planeOf(hovered, this.engine.crossSectionOrientation.orientation),
      label: typeof label === "bigint" ? label : typeof label === "number" ? BigInt(label) : null,
      value: value === null ? null : text(value),
    };
  }

  private pickedIn3d(): Vec3 | null {
    const { mouseState } = this.engine;
    const [x, y, z] = mouseState.unsnappedPosition;
    if (!mouseState.active || x === undefined || y === undefined || z === undefined) return null;
    return [x, y, z];
  }

  /** The voxel at a point, of the finest level that is loaded there. */
  private valueAt(name: string, point: Vec3): unknown {
    const managed = this.managed(name);
    if (!managed?.visible) return null;
    for (const layer of (managed.layer as EngineLayer | null)?.renderLayers ?? []) {
      const value = layer.getValueAt?.(Float32Array.from(point)) ?? null;
      if (value !== null) return value;
    }
    return null;
  }

  private bindInput(): void {
    const { inputEventBindings } = this.engine;
    const inPlane = inputEventBindings.sliceView;
    const drag = (action: string) => ({ action, stopPropagation: true });
    const wheel = (action: string) => ({ action, preventDefault: true });
    inPlane.set("at:mousedown0", drag("translate-via-mouse-drag"));
    inPlane.set("at:shift+mousedown0", drag("rotate-via-mouse-drag"));
    inPlane.set("at:wheel", wheel("zoom-via-wheel"));
    inPlane.set("at:touchpinch", "zoom-via-touchpinch");
    inPlane.set("at:touchtranslate1", "translate-in-plane-via-touchtranslate");
    inPlane.set("at:touchtranslate2", "translate-in-plane-via-touchtranslate");
    inPlane.set("at:mousedown2", "move-to-mouse-position");
    const inSpace = inputEventBindings.perspectiveView;
    inSpace.set("at:mousedown0", drag("rotate-via-mouse-drag"));
    inSpace.set("at:shift+mousedown0", drag("translate-via-mouse-drag"));
    inSpace.set("at:wheel", wheel("zoom-via-wheel"));
    inSpace.set("at:control+wheel", wheel("zoom-via-wheel"));
    inSpace.set("at:touchpinch", "zoom-via-touchpinch");
    inSpace.set("at:touchrotate", "rotate-in-plane-via-touchrotate");
    inSpace.set("at:touchtranslate1", "rotate-out-of-plane-via-touchtranslate");
    inSpace.set("at:touchtranslate2", "translate-in-plane-via-touchtranslate");
    inSpace.set("at:mousedown2", "move-to-mouse-position");

    const { target } = this;
    target.addEventListener("contextmenu", (event) => event.preventDefault());
    // The engine takes the keyboard's focus to whatever panel the mouse enters: not from our tree.
    target.addEventListener("mouseenter", (event) => event.stopPropagation(), true);
    target.addEventListener(
      "wheel",
      (event) => {
        const panel = this.panelAt(event);
        if (!(event.ctrlKey || event.metaKey) || !panel?.sliceView) return;
        event.preventDefault();
        event.stopPropagation();
        const delta = event.deltaY || event.deltaX;
        if (delta !== 0) this.step((delta < 0 ? 1 : -1) * (event.shiftKey ? 10 : 1), panel);
      },
      { capture: true, passive: false },
    );

    const follow = (event: PointerEvent) => {
      this.hovered = this.panelAt(event);
      this.mouse = { x: event.clientX, y: event.clientY };
    };
    target.addEventListener(
      "pointermove",
      (event) => {
        follow(event);
        this.onCursor(this.cursor());
      },
      true,
    );
    target.addEventListener("pointerleave", () => {
      this.mouse = null;
      this.onCursor(null);
    });

    let pressed: { id: number; x: number; y: number } | null = null;
    target.addEventListener(
      "pointerdown",
      (event) => {
        follow(event);
        pressed =
          event.button === 0 && event.isPrimary
            ? { id: event.pointerId, x: event.clientX, y: event.clientY }
            : null;
      },
      true,
    );
    window.addEventListener(
      "pointerup",
      (event) => {
        const from = pressed;
        pressed = null;
        if (!from || event.pointerId !== from.id || event.shiftKey) return;
        if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > CLICK_RADIUS) return;
        const panel = this.hovered;
        if (!panel?.element.contains(event.target as Node)) return;
        if (!panel.sliceView) {
          panel.handleMouseMove(event.clientX, event.clientY);
          this.engine.mouseState.updateUnconditionally();
        }
        const cursor = this.cursor();
        if (cursor) this.onPick({ cursor, toggle: event.ctrlKey || event.metaKey });
      },
      true,
    );
  }
}

function quat(values: ArrayLike<number>): Quat {
  return [values[0] ?? 0, values[1] ?? 0, values[2] ?? 0, values[3] ?? 1];
}

function planeOf({ sliceView }: EnginePanel, base: ArrayLike<number>): Plane {
  if (!sliceView) return "3d";
  const [x, y, z, w] = quat(base);
  const own = quat(sliceView.navigationState.pose.orientation.orientation);
  const relative = multiply([-x, -y, -z, w], own);
  const planes = Object.entries(PLANE_TURNS) as [Plane, Quat][];
  return planes.find(([, turn]) => sameTurn(turn, relative))?.[0] ?? "horizontal";
}

/** The directions to the right, down and into a panel, of length 1 in mm. */
function axesOf({ sliceView }: EnginePanel): { right: Vec3; down: Vec3; normal: Vec3 } | null {
  if (!sliceView) return null;
  const m = sliceView.projectionParameters.value.invViewMatrix;
  const unit = (axis: Vec3) => scale(axis, 1 / (Math.hypot(...axis) || 1));
  return { right: unit(column(m, 0)), down: unit(column(m, 1)), normal: unit(column(m, 2)) };
}

/** The point of the world at a place of the window, in a panel that shows a plane. */
function pointAt({ sliceView, element }: EnginePanel, x: number, y: number): Vec3 | null {
  if (!sliceView) return null;
  const m = sliceView.projectionParameters.value.invViewMatrix;
  const box = element.getBoundingClientRect();
  const across = scale(column(m, 0), x - box.left - box.width / 2);
  const down = scale(column(m, 1), y - box.top - box.height / 2);
  return add(column(m, 3), add(across, down));
}

function column(m: Float32Array, i: number): Vec3 {
  return [m[4 * i] ?? 0, m[4 * i + 1] ?? 0, m[4 * i + 2] ?? 0];
}

function text(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(7)));
  if (Array.isArray(value)) return value.map(text).join(", ");
  return String(value);
}
