/** What is shown: address ↔ view ↔ what Neuroglancer is told; pure. */

import type { Volume } from "./api";
import {
  type Bounds,
  decimalsFor,
  extent,
  multiply,
  normalize,
  parsePoint,
  type Quat,
  roundPoint,
  sameTurn,
  significant,
  UPRIGHT,
  union,
  type Vec3,
} from "./geometry";

export const LAYOUTS = ["4panel", "horizontal", "coronal", "sagittal", "3d"] as const;
export type Layout = (typeof LAYOUTS)[number];

export const DRAWINGS = ["fill", "outline", "both"] as const;
/** How regions are drawn: filled, as the lines between them, or filled with lines on top. */
export type Drawing = (typeof DRAWINGS)[number];

/** Where one looks from. */
export interface Camera {
  readonly at: Vec3;
  /** Millimetres a pixel in the three planes. */
  readonly zoom: number;
  readonly turn: Quat;
  /** Millimetres over the height of the 3D panel. */
  readonly zoom3d: number;
  readonly turn3d: Quat;
}

/** Which data: an atlas with one of its templates and parcellations, or a single volume. */
export interface Data {
  readonly atlas: string | null;
  readonly template: string | null;
  readonly parcellation: string | null;
  readonly volume: string | null;
}

/** How the data are drawn. */
export interface Style {
  readonly layout: Layout;
  readonly selected: readonly string[];
  /** `null` is the volume's own default. */
  readonly window: readonly [number, number] | null;
  readonly gamma: number;
  readonly template: boolean;
  readonly regions: boolean;
  readonly opacity: number;
  readonly drawing: Drawing;
  readonly crosshair: boolean;
}

export interface View {
  readonly data: Data;
  readonly camera: Camera;
  readonly style: Style;
}

/** What an address says; the rest is left to the defaults of the data it names. */
export interface Wish {
  readonly data: Partial<Data>;
  readonly camera: Partial<Camera>;
  readonly style: Partial<Style>;
}

/** From behind, the left and above: the subject's left is at the left here too. */
export const TURN_3D: Quat = normalize([-0.8062, 0.2687, -0.1667, 0.5]);

export const STYLE: Style = {
  layout: "4panel",
  selected: [],
  window: null,
  gamma: 1,
  template: true,
  regions: true,
  opacity: 0.4,
  drawing: "both",
  crosshair: true,
};

// ---------------------------------------------------------------- address ↔ view

const VERSION = "1";

/** Round a camera to what the address holds, finer than a pixel can show. */
export function canonical(camera: Camera): Camera {
  const zoom = significant(camera.zoom, 4);
  return {
    at: roundPoint(camera.at, decimalsFor(zoom)),
    zoom,
    turn: canonicalTurn(camera.turn),
    zoom3d: significant(camera.zoom3d, 4),
    turn3d: canonicalTurn(camera.turn3d),
  };
}

function canonicalTurn(q: Quat): Quat {
  if (sameTurn(q, UPRIGHT)) return UPRIGHT;
  const [x, y, z, w] = normalize(q).map((value) => Number(value.toFixed(4)) + 0);
  return [x ?? 0, y ?? 0, z ?? 0, w ?? 0];
}

/** Do two cameras show the same picture, but for what the address cannot hold? */
export function sameCamera(a: Camera, b: Camera): boolean {
  const step = 10 ** -decimalsFor(a.zoom);
  const close = (x: number, y: number, most: number) => Math.abs(x - y) <= most;
  return (
    a.at.every((value, i) => close(value, b.at[i] ?? 0, step)) &&
    close(a.zoom, b.zoom, a.zoom * 1e-4) &&
    close(a.zoom3d, b.zoom3d, a.zoom3d * 1e-4) &&
    a.turn.every((value, i) => close(value, b.turn[i] ?? 0, 1.5e-4)) &&
    a.turn3d.every((value, i) => close(value, b.turn3d[i] ?? 0, 1.5e-4))
  );
}

export function formatHash({ data, camera, style }: View): string {
  const { at, zoom, turn, zoom3d, turn3d } = canonical(camera);
  const entries: [string, string][] = [["v", VERSION]];
  const put = (key: string, value: string | null) => {
    if (value !== null) entries.push([key, value]);
  };
  put("a", data.atlas);
  put("t", data.template);
  put("p", data.parcellation);
  put("vol", data.volume);
  put("at", at.join(","));
  put("zoom", String(zoom));
  if (!sameTurn(turn, UPRIGHT)) put("q", turn.join(","));
  put("layout", style.layout);
  put("zoom3", String(zoom3d));
  if (!sameTurn(turn3d, TURN_3D)) put("q3", turn3d.join(","));
  if (style.selected.length > 0) put("sel", style.selected.join(","));
  if (style.window) put("win", style.window.join(","));
  if (style.gamma !== STYLE.gamma) put("gamma", String(style.gamma));
  if (style.template !== STYLE.template) put("tpl", flag(style.template));
  if (style.regions !== STYLE.regions) put("reg", flag(style.regions));
  if (style.opacity !== STYLE.opacity) put("op", String(style.opacity));
  if (style.drawing !== STYLE.drawing) put("ol", String(DRAWINGS.indexOf(style.drawing)));
  if (style.crosshair !== STYLE.crosshair) put("x", flag(style.crosshair));
  return `#${entries.map(([key, value]) => `${key}=${encode(value)}`).join("&")}`;
}

function flag(on: boolean): string {
  return on ? "1" : "0";
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":");
}

export interface Parsed {
  readonly wish: Wish;
  /** What could not be followed, in words for people. */
  readonly notices: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Read an address. Whatever it holds, a view comes out, and words for what was not understood. */
export function parseHash(hash: string): Parsed {
  const data: Partial<Mutable<Data>> = {};
  const camera: Partial<Mutable<Camera>> = {};
  const style: Partial<Mutable<Style>> = {};
  const notices: string[] = [];
  const text = hash.replace(/^#/, "");
  if (text === "") return { wish: { data, camera, style }, notices };

  let version = VERSION;
  const readers: Record<string, (value: string) => void> = {
    v: (value) => {
      version = value;
    },
    a: (value) => {
      data.atlas = value;
    },
    t: (value) => {
      data.template = value;
    },
    p: (value) => {
      data.parcellation = value;
    },
    vol: (value) => {
      data.volume = value;
    },
    at: (value) => {
      camera.at = parsePoint(value) ?? wrong();
    },
    zoom: (value) => {
      camera.zoom = positive(value);
    },
    q: (value) => {
      camera.turn = turnOf(value);
    },
    layout: (value) => {
      style.layout = LAYOUTS.find((layout) => layout === value) ?? wrong();
    },
    zoom3: (value) => {
      camera.zoom3d = positive(value);
    },
    q3: (value) => {
      camera.turn3d = turnOf(value);
    },
    sel: (value) => {
      style.selected = value.split(",").filter((id) => id !== "");
    },
    win: (value) => {
      const [lo, hi, ...rest] = value.split(",").map(finite);
      if (lo === undefined || hi === undefined || rest.length > 0 || lo >= hi) wrong();
      style.window = [lo, hi];
    },
    gamma: (value) => {
      style.gamma = between(positive(value), 0.1, 10);
    },
    tpl: (value) => {
      style.template = onOff(value);
    },
    reg: (value) => {
      style.regions = onOff(value);
    },
    op: (value) => {
      style.opacity = between(finite(value), 0, 1);
    },
    ol: (value) => {
      style.drawing = DRAWINGS[Number(value)] ?? wrong();
    },
    x: (value) => {
      style.crosshair = onOff(value);
    },
  };
  for (const part of text.split("&")) {
    if (part === "") continue;
    const [rawKey = "", ...rest] = part.split("=");
    const key = decode(rawKey);
    const value = decode(rest.join("="));
    const read = key !== null && Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (key === null || value === null || !read) {
      notices.push(`This link holds “${shorten(part)}”, which is not known here and was ignored.`);
      continue;
    }
    try {
      read(value);
    } catch {
      notices.push(`In this link “${shorten(part)}” makes no sense and was ignored.`);
    }
  }
  if (version !== VERSION) {
    return {
      wish: { data: {}, camera: {}, style: {} },
      notices: [
        `This link is of version ${shorten(version)}, and this page reads version ${VERSION}: ` +
          "here is the view it starts with.",
      ],
    };
  }
  return { wish: { data, camera, style }, notices };
}

function wrong(): never {
  throw new Error("not understood");
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return null;
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function finite(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : wrong();
}

function positive(text: string): number {
  const value = finite(text);
  return value > 0 ? value : wrong();
}

function between(value: number, lo: number, hi: number): number {
  return value >= lo && value <= hi ? value : wrong();
}

function onOff(text: string): boolean {
  return text === "1" ? true : text === "0" ? false : wrong();
}

function turnOf(text: string): Quat {
  const [x, y, z, w, ...rest] = text.split(",").map(finite);
  if (x === undefined || y === undefined || z === undefined || w === undefined) wrong();
  if (rest.length > 0 || Math.hypot(x, y, z, w) < 1e-3) wrong();
  return normalize([x, y, z, w]);
}

// ---------------------------------------------------------------- view → Neuroglancer

/** The volumes of a view, found; what the engine is to draw. */
export interface Scene {
  readonly image: Volume | null;
  readonly labels: Volume | null;
  /** Colour by label, as `segmentColors` wants it. */
  readonly colors: Readonly<Record<string, string>>;
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

export const IMAGE_LAYER = "image";
export const LABELS_LAYER = "regions";

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
export function engineLayout(layout: Layout, span: number, turn: Quat): unknown {
  if (layout !== "4panel" && layout !== "3d") return ENGINE_PLANE[layout];
  const pixels = 512;
  // Linked to the other panels they would turn those, by a rounding: the viewer turns them.
  const plane = (relative: Quat) => ({
    width: pixels,
    height: pixels,
    scale: { link: "unlinked", value: (span / pixels) * 1.5 },
    orientation: { link: "unlinked", value: multiply(turn, relative) },
  });
  return {
    type: layout === "3d" ? "3d" : "4panel-alt",
    crossSections: Object.fromEntries(
      Object.entries(PLANE_TURNS).map(([name, relative]) => [name, plane(relative)]),
    ),
  };
}

export function isRgb(volume: Volume): boolean {
  return volume.kind === "image" && volume.channels === 3 && volume.dtype === "uint8";
}

/** The grey window a volume starts with: its 1st and 99.5th percentile. */
export function defaultWindow(volume: Volume): readonly [number, number] {
  const lo = volume.percentiles.get("1") ?? volume.valueRange?.[0] ?? 0;
  const hi = volume.percentiles.get("99.5") ?? volume.valueRange?.[1] ?? 255;
  return fitWindow(volume, hi > lo ? [lo, hi] : (volume.valueRange ?? [lo, lo + 1]));
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

/** Black is left out: in 3D it would hide the planes behind it, in 2D the ground is black. */
export const GREY_SHADER = `#uicontrol invlerp normalized
#uicontrol float gamma slider(min=0.1, max=10, default=1)
void main() {
  float grey = pow(clamp(normalized(), 0.0, 1.0), gamma);
  if (grey > 0.0) {
    emitGrayscale(grey);
  } else {
    emitTransparent();
  }
}
`;

export const RGB_SHADER = `#uicontrol float gamma slider(min=0.1, max=10, default=1)
void main() {
  vec3 rgb = vec3(
    toNormalized(getDataValue(0)), toNormalized(getDataValue(1)), toNormalized(getDataValue(2)));
  emitRGB(pow(rgb, vec3(gamma)));
}
`;

export function shaderControls(volume: Volume, style: Style): Record<string, unknown> {
  if (isRgb(volume)) return { gamma: style.gamma };
  const range = style.window ? fitWindow(volume, style.window) : defaultWindow(volume);
  return { normalized: { range }, gamma: style.gamma };
}

/** Strength of the regions that are not selected, as a share of that of the selected ones. */
const DIMMED = 0.12;

/** How strongly regions and the lines between them are drawn; the engine itself draws them full. */
export function outlineOf({ drawing, opacity }: Style): { fill: number; line: number | null } {
  const drawings = {
    fill: { fill: opacity, line: null },
    outline: { fill: 0, line: opacity },
    both: { fill: opacity, line: Math.min(1, opacity * 1.5 + 0.3) },
  };
  return drawings[drawing];
}

/**
 * The whole state of the engine for a view.
 *
 * `visible` are the labels of the selected regions, or `null` when nothing is selected and all show.
 */
export function engineState(
  { camera, style }: View,
  scene: Scene,
  visible: readonly bigint[] | null,
  resolve: (path: string) => string,
): object {
  const source = ({ source: { format, path, transform } }: Volume) => {
    const url = `${format}://${resolve(path)}`;
    return transform === null ? { url } : { url, transform };
  };
  const layers: object[] = [];
  if (scene.image) {
    layers.push({
      type: "image",
      name: IMAGE_LAYER,
      source: source(scene.image),
      shader: isRgb(scene.image) ? RGB_SHADER : GREY_SHADER,
      shaderControls: shaderControls(scene.image, style),
      opacity: 1,
      visible: style.template,
    });
  }
  if (scene.labels) {
    layers.push({
      type: "segmentation",
      name: LABELS_LAYER,
      source: source(scene.labels),
      segmentColors: scene.colors,
      selectedAlpha: 1,
      notSelectedAlpha: DIMMED,
      // A region lit under the mouse would lose its colour, and light up late.
      hoverHighlight: false,
      ignoreNullVisibleSet: visible === null,
      segments: (visible ?? []).map(String),
      visible: style.regions,
    });
  }
  return {
    dimensions: { x: [1e-3, "m"], y: [1e-3, "m"], z: [1e-3, "m"] },
    position: [...camera.at],
    crossSectionScale: camera.zoom,
    crossSectionOrientation: [...camera.turn],
    projectionScale: camera.zoom3d,
    projectionOrientation: [...camera.turn3d],
    layers,
    layout: engineLayout(style.layout, spanOf(scene), camera.turn),
    showAxisLines: false,
    showScaleBar: true,
    showSlices: false,
    showDefaultAnnotations: false,
    crossSectionBackgroundColor: "#000000",
    projectionBackgroundColor: "#000000",
    hideCrossSectionBackground3D: true,
  };
}
