/** The volumes of a view, and what Neuroglancer is told of them; pure. */

import type { Drawn, Sided } from "./drawn";
import {
  add,
  type Bounds,
  extent,
  multiply,
  type Quat,
  scale,
  UPRIGHT,
  union,
  zoomToFit,
} from "./geometry";
import { imageShader, LIGHT_SHADERS } from "./imageshader";
import { type Camera, type Layout, type Style, TURN_3D, type View } from "./state";
import type { Volume } from "./volume";

/** The volumes of a view, found; what the engine is to draw. */
export interface Scene {
  readonly image: Volume | null;
  readonly labels: Volume | null;
  /** Do the labels have surfaces? They do where a table says what they are. */
  readonly surfaces: boolean;
}

/** The scene with the labels of one hemisphere alone, where a volume tells which they are. */
export function sideOfScene(scene: Scene, sided: Sided, { side }: Style): Scene {
  const { labels } = scene;
  if (labels === null || side === null || sided !== "volume") return scene;
  const source = { ...labels.precomputed, path: `/precomputed/${labels.id}.${side}/` };
  return { ...scene, labels: { ...labels, source, precomputed: source } };
}

/** The largest extent of what a scene shows, in mm. */
export function spanOf(scene: Scene): number {
  const bounds = boundsOf(scene);
  return bounds ? Math.max(...extent(bounds)) : 1;
}

export function boundsOf({ image, labels }: Scene): Bounds | null {
  if (image && labels) return union(image.bounds, labels.bounds);
  return image?.bounds ?? labels?.bounds ?? null;
}

/** A camera that has the whole of a scene in every panel of a map of this size. */
export function homeCamera(
  scene: Scene,
  layout: Layout,
  map: { readonly width: number; readonly height: number },
): Camera {
  const bounds = boundsOf(scene) ?? [
    [-1, -1, -1],
    [1, 1, 1],
  ];
  const panel = panelSize(layout, map);
  return {
    at: scale(add(bounds[0], bounds[1]), 0.5),
    zoom: zoomToFit(bounds, [panel]),
    turn: UPRIGHT,
    zoom3d: spanOf(scene) * 1.1 * Math.max(1, panel.height / Math.max(panel.width, 1)),
    turn3d: TURN_3D,
  };
}

/** The size of one panel of a map of this size. */
export function panelSize(
  layout: Layout,
  { width, height }: { readonly width: number; readonly height: number },
): { width: number; height: number } {
  const share = layout === "4panel" ? 2 : 1;
  return { width: width / share, height: height / share };
}

export const LABELS_LAYER = "regions";
/** Surfaces of regions, and the outside of the brain, in the 3D panel. */
export const SOLIDS_LAYER = "solids";
export const SHELL_LAYER = "shell";

/** The layers of an image: one, or three that add up to its colours. */
export const IMAGE_LAYERS = ["image", "image-green", "image-blue"] as const;

const ENGINE_PLANE = { horizontal: "xy", coronal: "xz", sagittal: "yz" } as const;

/** How the planes are turned to the horizontal one; the sagittal as our build patches it. */
export const PLANE_TURNS = {
  horizontal: [0, 0, 0, 1],
  coronal: [Math.SQRT1_2, 0, 0, Math.SQRT1_2],
  sagittal: [0.5, -0.5, -0.5, 0.5],
} as const satisfies Record<string, Quat>;

/**
 * Neuroglancer's words for a layout.
 *
 * The 3D panel is given planes of its own, as wide as the brain: those of the other panels end
 * where their panel ends.
 */
export function engineLayout(
  { layout, sections }: Pick<Style, "layout" | "sections">,
  span: number,
  turn: Quat,
): unknown {
  if (layout !== "4panel" && layout !== "3d") return ENGINE_PLANE[layout];
  const type = layout === "3d" ? "3d" : "4panel-alt";
  if (!sections) return { type, crossSections: {} };
  const pixels = 512;
  // Linked to the other panels they would turn those, by a rounding: the viewer turns them.
  const plane = (relative: Quat) => ({
    width: pixels,
    height: pixels,
    scale: { link: "unlinked", value: (span / pixels) * 1.5 },
    orientation: { link: "unlinked", value: multiply(turn, relative) },
  });
  return {
    type,
    crossSections: Object.fromEntries(
      Object.entries(PLANE_TURNS).map(([name, relative]) => [name, plane(relative)]),
    ),
  };
}

/** Are an image's channels red, green and blue? */
export function isRgb({ kind, dtype, channels }: Volume): boolean {
  return kind === "image" && dtype === "uint8" && (channels === 3 || channels === 4);
}

/** Is an image drawn in its own colours, not one channel of it in grey? */
export function inColor(image: Volume, style: Style): boolean {
  return isRgb(image) && style.channel === null;
}

/** The grey window a volume starts with: its 1st and 99.5th percentile. */
export function defaultWindow(volume: Volume): readonly [number, number] {
  const lo = volume.percentiles.get("1") ?? volume.valueRange?.[0] ?? 0;
  const hi = volume.percentiles.get("99.5") ?? volume.valueRange?.[1] ?? 255;
  return fitWindow(volume, hi > lo ? [lo, hi] : (volume.valueRange ?? [lo, lo + 1]));
}

/** The window that a volume is drawn with. */
export function windowOf(volume: Volume, { window }: Style): readonly [number, number] {
  return window ? fitWindow(volume, window) : defaultWindow(volume);
}

/** Whole numbers for volumes of whole numbers, and never an empty window. */
export function fitWindow(
  volume: Volume,
  [lo, hi]: readonly [number, number],
): readonly [number, number] {
  if (volume.dtype.startsWith("float")) return hi > lo ? [lo, hi] : [lo, lo + 1e-6];
  const first = Math.floor(lo);
  return [first, Math.max(first + 1, Math.ceil(hi))];
}

/** What draws each of an image's layers. */
export function shadersOf(volume: Volume, style: Style): readonly string[] {
  return inColor(volume, style) ? LIGHT_SHADERS : [imageShader(style.colormap)];
}

export function shaderControls(volume: Volume, style: Style): Record<string, unknown> {
  const { gamma, invert } = style;
  if (inColor(volume, style)) return { gamma, invert };
  return { normalized: { range: windowOf(volume, style) }, gamma, invert };
}

/** Strength of the regions that are not selected, as a share of that of the selected ones. */
const DIMMED = 0.12;

export function faintness({ isolate }: Style): number {
  return isolate ? 0 : DIMMED;
}

/** How strongly regions and the lines between them are drawn; the engine itself draws them full. */
export function outlineOf({ drawing, opacity }: Style): { fill: number; line: number | null } {
  const drawings = {
    fill: { fill: opacity, line: null },
    outline: { fill: 0, line: opacity },
    both: { fill: opacity, line: Math.min(1, opacity * 1.5 + 0.3) },
  };
  return drawings[drawing];
}

function imageLayers(image: Volume, style: Style, resolve: (path: string) => string): object[] {
  const shaders = shadersOf(image, style);
  const layer = (channel: number, blend: string, i: number) => ({
    type: "image",
    name: IMAGE_LAYERS[i],
    ...sourceOf(image, channel, resolve),
    shader: shaders[i],
    shaderControls: shaderControls(image, style),
    blend,
    opacity: 1,
    visible: style.template,
  });
  if (!inColor(image, style)) return [layer(style.channel ?? 0, "default", 0)];
  return shaders.map((_, i) => layer(i, "additive", i));
}

/** Where the engine finds one channel of a volume. */
function sourceOf(
  { channels, source: { format, path, transform } }: Volume,
  channel: number,
  resolve: (path: string) => string,
): object {
  const url = `${format}://${resolve(path)}`;
  if (transform === null) return { source: { url } };
  if (channels === 1) return { source: { url, transform } };
  // As c^ the engine wants all channels in each chunk; as c' it takes them however they are stored.
  const { outputDimensions, ...rest } = transform as { outputDimensions: Record<string, unknown> };
  const local: Record<string, unknown> = {};
  const dimensions = Object.entries(outputDimensions).map(([name, unit]) => {
    if (!/[\^']$/.test(name)) return [name, unit];
    const own = `${name.slice(0, -1)}'`;
    local[own] = unit;
    return [own, unit];
  });
  const outer = Object.keys(local)
    .slice(1)
    .map(() => 0);
  return {
    source: { url, transform: { outputDimensions: Object.fromEntries(dimensions), ...rest } },
    localDimensions: local,
    localPosition: [...outer, channel],
  };
}

/**
 * How large triangles may be on the screen, in pixels: finer than one sees of a few surfaces, and of
 * many so that all together they stay about as many, and turn smoothly.
 */
export function surfacePixels(count: number): number {
  return 5 * Math.sqrt(Math.max(1, count / 40));
}

/** Where the surfaces of a volume are. */
function surfacesOf(
  { precomputed: { path, transform } }: Volume,
  resolve: (path: string) => string,
) {
  return { url: `precomputed://${resolve(`${path}mesh`)}`, transform };
}

const SHELL = { color: "#b9cbd8", alpha: 0.32, silhouette: 1.6 };

/** The outside of the brain: of the image where there is one, else of all regions together. */
export function shellOf({ image, labels, surfaces }: Scene, drawn: Drawn) {
  if (image) return { of: image, segments: [1n] };
  return { of: surfaces ? labels : null, segments: drawn.shell };
}

function solidLayers(
  scene: Scene,
  drawn: Drawn,
  style: Style,
  resolve: (path: string) => string,
): object[] {
  const layers: object[] = [];
  const shared = {
    type: "segmentation",
    ignoreNullVisibleSet: false,
  };
  if (scene.labels && scene.surfaces) {
    layers.push({
      ...shared,
      name: SOLIDS_LAYER,
      meshRenderScale: surfacePixels(drawn.solids.length),
      source: surfacesOf(scene.labels, resolve),
      segments: drawn.solids.map(({ segment }) => String(segment)),
      segmentColors: colorsOf(drawn.solidColors),
      visible: style.regions,
    });
  }
  const { of, segments } = shellOf(scene, drawn);
  if (of) {
    layers.push({
      ...shared,
      name: SHELL_LAYER,
      meshRenderScale: surfacePixels(1),
      source: surfacesOf(of, resolve),
      segments: segments.map(String),
      segmentDefaultColor: SHELL.color,
      objectAlpha: SHELL.alpha,
      meshSilhouetteRendering: SHELL.silhouette,
      hoverHighlight: false,
      pick: false,
      visible: style.shell,
    });
  }
  return layers;
}

function colorsOf(colors: ReadonlyMap<bigint, string>): Record<string, string> {
  return Object.fromEntries([...colors].map(([label, color]) => [String(label), color]));
}

/** The whole state of the engine for a view, but for the labels that are joined. */
export function engineState(
  { camera, style }: View,
  scene: Scene,
  drawn: Drawn,
  resolve: (path: string) => string,
): object {
  const layers: object[] = [];
  if (scene.image) layers.push(...imageLayers(scene.image, style, resolve));
  if (scene.labels) {
    layers.push({
      type: "segmentation",
      name: LABELS_LAYER,
      ...sourceOf(scene.labels, 0, resolve),
      segmentColors: colorsOf(drawn.colors),
      selectedAlpha: 1,
      notSelectedAlpha: faintness(style),
      // A region lit under the mouse would lose its colour, and light up late.
      hoverHighlight: false,
      ignoreNullVisibleSet: drawn.full === null,
      segments: (drawn.full ?? []).map(String),
      visible: style.regions,
    });
  }
  layers.push(...solidLayers(scene, drawn, style, resolve));
  return {
    dimensions: { x: [1e-3, "m"], y: [1e-3, "m"], z: [1e-3, "m"] },
    position: [...camera.at],
    crossSectionScale: camera.zoom,
    crossSectionOrientation: [...camera.turn],
    projectionScale: camera.zoom3d,
    projectionOrientation: [...camera.turn3d],
    layers,
    layout: engineLayout(style, spanOf(scene), camera.turn),
    showAxisLines: false,
    showScaleBar: true,
    showSlices: false,
    showDefaultAnnotations: false,
    crossSectionBackgroundColor: "#000000",
    projectionBackgroundColor: "#000000",
    hideCrossSectionBackground3D: true,
  };
}
