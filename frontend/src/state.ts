/** What is shown: where one looks from, which data, and how they are drawn; pure. */

import {
  decimalsFor,
  normalize,
  type Quat,
  roundPoint,
  sameTurn,
  significant,
  UPRIGHT,
  type Vec3,
} from "./geometry";

export const LAYOUTS = ["4panel", "horizontal", "coronal", "sagittal", "3d"] as const;
export type Layout = (typeof LAYOUTS)[number];

export const DRAWINGS = ["fill", "outline", "both"] as const;
/** How regions are drawn: filled, as the lines between them, or filled with lines on top. */
export type Drawing = (typeof DRAWINGS)[number];

export const PALETTES = ["atlas", "distinct", "safe"] as const;
/** The atlas's own colours, such that neighbours differ, or such that colour-blind eyes tell too. */
export type Palette = (typeof PALETTES)[number];

export const SIDES = ["left", "right"] as const;
export type Side = (typeof SIDES)[number];

export const SOLIDS = ["selected", "all", "none"] as const;
/** Whose surfaces the 3D panel shows: of what is selected, or of all where nothing is. */
export type Solids = (typeof SOLIDS)[number];

export const COMPARISONS = ["swipe", "beside"] as const;

/** A second volume in step with the first: under a divider that slides, or beside it. */
export interface Comparison {
  readonly volume: string;
  readonly how: (typeof COMPARISONS)[number];
  /** The share of the map at the left of the divider. */
  readonly at: number;
  /** Of the second volume; `null` is its own default. */
  readonly window: readonly [number, number] | null;
}

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

/** An annotation set that is shown. */
export interface ShownSet {
  readonly set: string;
  readonly visible: boolean;
  /** What gives its annotations their colour, where it is not their own. */
  readonly coloring?: "region" | `number:${string}`;
  /** Of the number: what is drawn darkest and brightest. */
  readonly range?: readonly [number, number];
  /** Id of a region: what lies neither in it nor below it is not drawn. */
  readonly region?: string;
}

export function isColoring(text: string): text is NonNullable<ShownSet["coloring"]> {
  return /^(region|number:[a-z][a-z0-9_]{0,49})$/.test(text);
}

/** How the data are drawn, and what is drawn over them. */
export interface Style {
  readonly layout: Layout;
  readonly selected: readonly string[];
  /** Of an image with several; `null` is the first, or red, green and blue together. */
  readonly channel: number | null;
  /** `null` is the volume's own default. */
  readonly window: readonly [number, number] | null;
  readonly gamma: number;
  /** The image grows darker as its values rise. */
  readonly invert: boolean;
  /** Of the image: the name of a colour map, or `rrggbb` that grows out of black. */
  readonly colormap: string;
  readonly template: boolean;
  readonly regions: boolean;
  readonly opacity: number;
  readonly drawing: Drawing;
  readonly crosshair: boolean;
  /** Annotation sets. */
  readonly sets: readonly ShownSet[];
  /** Where the ontology is cut, a root being at 0; `null` draws every region as itself. */
  readonly depth: number | null;
  readonly palette: Palette;
  /** `#rrggbb` by id, chosen for a region and all below it. */
  readonly colors: Readonly<Record<string, string>>;
  /** Regions that are not drawn, nor what is below them. */
  readonly hidden: readonly string[];
  /** What is not selected is not drawn at all, instead of faintly. */
  readonly isolate: boolean;
  /** Regions of this hemisphere alone. */
  readonly side: Side | null;
  /** Names are written on the regions of the planes. */
  readonly names: boolean;
  readonly solids: Solids;
  /** The outside of the brain, translucent, in the 3D panel. */
  readonly shell: boolean;
  /** The three planes in the 3D panel. */
  readonly sections: boolean;
  /** How coordinates are read and typed: `voxel`, an origin, or `space:` and another space. */
  readonly coordinates: string | null;
  readonly compare: Comparison | null;
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
  channel: null,
  window: null,
  gamma: 1,
  invert: false,
  colormap: "gray",
  template: true,
  regions: true,
  opacity: 0.4,
  drawing: "both",
  crosshair: true,
  sets: [],
  depth: null,
  palette: "atlas",
  colors: {},
  hidden: [],
  isolate: false,
  side: null,
  names: false,
  solids: "selected",
  shell: true,
  sections: true,
  coordinates: null,
  compare: null,
};

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
