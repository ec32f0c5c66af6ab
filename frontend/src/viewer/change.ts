/** Tell the engine what changed in a view, and nothing else: what is loaded stays loaded. */

import type { Drawn } from "../drawn";
import { normalize, quat } from "../geometry";
import {
  engineLayout,
  faintness,
  IMAGE_LAYERS,
  LABELS_LAYER,
  type Scene,
  SHELL_LAYER,
  SOLIDS_LAYER,
  shaderControls,
  shadersOf,
  shellOf,
  spanOf,
  surfacePixels,
} from "../scene";
import type { Camera, Style, View } from "../state";
import type { Engine, EngineLayer } from "./engine";

type Display = NonNullable<EngineLayer["displayState"]>;

export function cameraOf(engine: Engine): Camera {
  const [x = 0, y = 0, z = 0] = engine.position.value;
  return {
    at: [x, y, z],
    zoom: engine.crossSectionScale.value,
    turn: quat(engine.crossSectionOrientation.orientation),
    zoom3d: engine.projectionScale.value,
    turn3d: quat(engine.projectionOrientation.orientation),
  };
}

/** What the engine shows already. */
export interface Before {
  readonly style: Style;
  readonly drawn: Drawn;
}

export function change(
  engine: Engine,
  { camera, style }: View,
  scene: Scene,
  drawn: Drawn,
  before: Before,
): void {
  move(engine, camera);
  if (style.layout !== before.style.layout || style.sections !== before.style.sections) {
    engine.state.restoreState({ layout: engineLayout(style, spanOf(scene), camera.turn) });
  }
  for (const [i, name] of IMAGE_LAYERS.entries()) {
    const image = engine.layerManager.getLayerByName(name);
    if (!image || !scene.image) continue;
    image.setVisible(style.template);
    const layer = image.layer as EngineLayer | null;
    const shader = shadersOf(scene.image, style)[i];
    if (layer?.fragmentMain && shader !== undefined) layer.fragmentMain.value = shader;
    const controls = shaderControls(scene.image, style);
    if (!alike(controls, shaderControls(scene.image, before.style))) {
      layer?.shaderControlState?.restoreState(controls);
    }
  }
  show(engine, LABELS_LAYER, style.regions);
  show(engine, SOLIDS_LAYER, style.regions);
  show(engine, SHELL_LAYER, style.shell);
  const labels = displayOf(engine, LABELS_LAYER);
  if (labels) labels.notSelectedAlpha.value = faintness(style);
  if (drawn === before.drawn) return;
  if (labels) {
    const joins = !sameGroups(drawn, before.drawn);
    if (joins) join(labels, drawn);
    if (joins || !same(drawn.full, before.drawn.full)) {
      labels.ignoreNullVisibleSet.value = drawn.full === null;
      select(labels, drawn.full ?? []);
    }
    if (!sameColors(drawn.colors, before.drawn.colors)) paint(labels, drawn.colors);
  }
  const solids = displayOf(engine, SOLIDS_LAYER);
  if (solids) {
    const segments = drawn.solids.map(({ segment }) => segment);
    const shown = before.drawn.solids.map(({ segment }) => segment);
    if (!same(segments, shown)) select(solids, segments);
    solids.renderScaleTarget.value = surfacePixels(segments.length);
    if (!sameColors(drawn.solidColors, before.drawn.solidColors)) paint(solids, drawn.solidColors);
  }
  const shell = displayOf(engine, SHELL_LAYER);
  const { segments } = shellOf(scene, drawn);
  if (shell && !same(segments, shellOf(scene, before.drawn).segments)) select(shell, segments);
}

/** Join the labels that are drawn as one. */
export function joinLabels(engine: Engine, drawn: Drawn): void {
  const labels = displayOf(engine, LABELS_LAYER);
  if (!labels || drawn.joined.length === 0) return;
  join(labels, drawn);
  select(labels, drawn.full ?? []);
}

/** Would two values be written alike? */
function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function displayOf(engine: Engine, name: string): Display | undefined {
  const layer = engine.layerManager.getLayerByName(name)?.layer as EngineLayer | null | undefined;
  return layer?.displayState;
}

function show(engine: Engine, name: string, visible: boolean): void {
  engine.layerManager.getLayerByName(name)?.setVisible(visible);
}

function join(display: Display, { joined }: Drawn): void {
  const { segmentEquivalences } = display.segmentationGroupState.value;
  segmentEquivalences.clear();
  for (const labels of joined) segmentEquivalences.linkAll(labels);
}

function select(display: Display, labels: readonly bigint[]): void {
  const { selectedSegments, visibleSegments } = display.segmentationGroupState.value;
  selectedSegments.clear();
  visibleSegments.clear();
  if (labels.length > 0) visibleSegments.add([...labels]);
}

function paint(display: Display, colors: ReadonlyMap<bigint, string>): void {
  const stated = display.segmentStatedColors.value;
  stated.clear();
  for (const [label, color] of colors) stated.set(label, packed(color));
}

/** A colour as the engine keeps it: red in the lowest byte. */
function packed(color: string): bigint {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16));
  return BigInt(r | (g << 8) | (b << 16));
}

function same(a: readonly bigint[] | null, b: readonly bigint[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function sameGroups({ joined: a }: Drawn, { joined: b }: Drawn): boolean {
  return a.length === b.length && a.every((labels, i) => same(labels, b[i] ?? null));
}

function sameColors(a: ReadonlyMap<bigint, string>, b: ReadonlyMap<bigint, string>): boolean {
  return a.size === b.size && [...a].every(([label, color]) => b.get(label) === color);
}

export function move(engine: Engine, { at, zoom, turn, zoom3d, turn3d }: Camera): void {
  const now = cameraOf(engine);
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
