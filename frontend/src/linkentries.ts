/**
 * What an address says of a view, a line for each part; `atlasview/marks/address.py` has the same
 * table; pure.
 */

import { normalize, parsePoint, type Quat, sameTurn, UPRIGHT } from "./geometry";
import { isColormap } from "./imageshader";
import {
  type Camera,
  COMPARISONS,
  type Comparison,
  type Data,
  DRAWINGS,
  isColoring,
  LAYOUTS,
  PALETTES,
  type ShownSet,
  SIDES,
  SOLIDS,
  STYLE,
  type Style,
  TURN_3D,
  type View,
} from "./state";

type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

/** What is read so far. */
export interface Reading {
  readonly data: Mutable<Data>;
  readonly camera: Mutable<Camera>;
  readonly style: Mutable<Style>;
}

export interface Entry {
  readonly key: string;
  /** What the address says of a view; `null` where it need not say anything. */
  readonly write: (view: View) => string | null;
  /** Read it, or throw. */
  readonly read: (text: string, into: Reading) => void;
}

/** A member of a part of the view: how it is written (nothing when empty), and read. */
function of<P extends keyof Reading, K extends keyof View[P] & keyof Reading[P]>(
  part: P,
  member: K,
  key: string,
  write: (value: View[P][K]) => string | null,
  read: (text: string) => View[P][K],
): Entry {
  return {
    key,
    write: (view) => write(view[part][member]),
    read: (text, into) => {
      (into[part] as { [M in K]?: View[P][K] })[member] = read(text);
    },
  };
}

/** A choice of the drawing: not written where it is what the page begins with. */
function choice<K extends keyof Style>(
  member: K,
  key: string,
  write: (value: NonNullable<Style[K]>) => string | null,
  read: (text: string) => Style[K],
): Entry {
  const written = (value: Style[K]) =>
    value === null || value === STYLE[member] ? null : write(value as NonNullable<Style[K]>);
  return of("style", member, key, written, read);
}

function flag<K extends { [M in keyof Style]: Style[M] extends boolean ? M : never }[keyof Style]>(
  member: K,
  key: string,
): Entry {
  return choice(member, key, (on) => (on ? "1" : "0"), onOff as (text: string) => Style[K]);
}

export const ENTRIES: readonly Entry[] = [
  of("data", "atlas", "a", same, same),
  of("data", "template", "t", same, same),
  of("data", "parcellation", "p", same, same),
  of("data", "volume", "vol", same, same),
  of("camera", "at", "at", joined, (text) => parsePoint(text) ?? wrong()),
  of("camera", "zoom", "zoom", String, positive),
  of("camera", "turn", "q", (turn) => (sameTurn(turn, UPRIGHT) ? null : turn.join()), turnOf),
  of("style", "layout", "layout", same, oneOf(LAYOUTS)),
  of("camera", "zoom3d", "zoom3", String, positive),
  of("camera", "turn3d", "q3", (turn) => (sameTurn(turn, TURN_3D) ? null : turn.join()), turnOf),
  choice("selected", "sel", joined, ids),
  choice("channel", "ch", String, digits(6)),
  choice("window", "win", joined, window),
  choice("gamma", "gamma", String, (text) => between(positive(text), 0.1, 10)),
  flag("invert", "inv"),
  choice("colormap", "cm", same, (text) => (isColormap(text) ? text : wrong())),
  flag("template", "tpl"),
  flag("regions", "reg"),
  choice("opacity", "op", String, (text) => between(finite(text), 0, 1)),
  choice(
    "drawing",
    "ol",
    (drawing) => String(DRAWINGS.indexOf(drawing)),
    (text) => DRAWINGS[Number(text)] ?? wrong(),
  ),
  flag("crosshair", "x"),
  choice(
    "sets",
    "sets",
    (sets) => sets.map(formatSet).join(),
    (text) => text.split(",").map(parseSet),
  ),
  choice("depth", "depth", String, digits(3)),
  choice("palette", "pal", same, oneOf(PALETTES)),
  choice(
    "colors",
    "col",
    (colors) =>
      Object.entries(colors)
        .map(([id, color]) => `${id}:${color.slice(1)}`)
        .join(),
    (text) => Object.fromEntries(text.split(",").map(colorOf)),
  ),
  choice("hidden", "hid", joined, ids),
  flag("isolate", "iso"),
  choice("side", "side", same, oneOf(SIDES)),
  flag("names", "names"),
  choice("solids", "m3", same, oneOf(SOLIDS)),
  flag("shell", "sh"),
  flag("sections", "sec"),
  choice("coordinates", "in", same, (text) =>
    /^[a-z0-9][a-z0-9._:-]{0,199}$/.test(text) ? text : wrong(),
  ),
  choice("compare", "cmp", formatComparison, parseComparison),
];

function formatComparison({ volume, how, at, window }: Comparison): string {
  return [volume, how, Number(at.toFixed(3)), ...(window ?? [])].join(",");
}

function parseComparison(text: string): Comparison {
  const [volume = "", how, at, ...window] = text.split(",");
  if (!/^[a-z0-9][a-z0-9._-]{0,199}$/.test(volume)) wrong();
  const [lo, hi, ...rest] = window.map(finite);
  if (rest.length > 0 || (lo !== undefined && (hi === undefined || lo >= hi))) wrong();
  return {
    volume,
    how: COMPARISONS.find((known) => known === how) ?? wrong(),
    at: between(finite(at ?? ""), 0, 1),
    window: lo === undefined || hi === undefined ? null : [lo, hi],
  };
}

/** A set that is not drawn, but stands in the list, has a minus before it; a number a dot. */
function formatSet({ set, visible, coloring, region, range }: ShownSet): string {
  const by = coloring?.replace("number:", ".") ?? "";
  const parts = [visible ? set : `-${set}`, by, encodeURIComponent(region ?? ""), ...(range ?? [])];
  return parts.join(":").replace(/:+$/, "");
}

function parseSet(text: string): ShownSet {
  const [name = "", by = "", place = "", ...range] = text.split(":");
  const set = name.replace(/^-/, "");
  if (!/^[a-z0-9][a-z0-9._-]{0,199}$/.test(set)) wrong();
  const coloring = by.replace(/^\./, "number:");
  const [lo, hi, ...rest] = range.map(finite);
  const rises = lo !== undefined && hi !== undefined && lo < hi && rest.length === 0;
  const wanted = by.startsWith(".") ? rises : range.length === 0;
  if (!wanted || (by !== "" && !isColoring(coloring))) wrong();
  const region = decode(place) ?? wrong();
  return {
    set,
    visible: !name.startsWith("-"),
    ...(isColoring(coloring) ? { coloring } : {}),
    ...(rises ? { range: [lo, hi] as const } : {}),
    ...(region === "" ? {} : { region }),
  };
}

/** What can be written as it stands. */
function same<T extends string | null>(text: T): T {
  return text;
}

function joined(values: readonly (string | number)[]): string {
  return values.join();
}

function ids(text: string): string[] {
  return text.split(",").filter((id) => id !== "");
}

function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => choices.find((choice) => choice === text) ?? wrong();
}

/** A whole number of at most so many digits. */
function digits(most: number): (text: string) => number {
  return (text) => (/^\d+$/.test(text) && text.length <= most ? Number(text) : wrong());
}

function window(text: string): readonly [number, number] {
  const [lo, hi, ...rest] = text.split(",").map(finite);
  if (lo === undefined || hi === undefined || rest.length > 0 || lo >= hi) wrong();
  return [lo, hi];
}

export function wrong(): never {
  throw new Error("not understood");
}

export function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return null;
  }
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

function colorOf(text: string): [string, string] {
  const [, id = wrong(), rgb = wrong()] = /^(.+):([0-9a-f]{6})$/.exec(text) ?? [];
  return [id, `#${rgb}`];
}

function turnOf(text: string): Quat {
  const [x, y, z, w, ...rest] = text.split(",").map(finite);
  if (x === undefined || y === undefined || z === undefined || w === undefined) wrong();
  if (rest.length > 0 || Math.hypot(x, y, z, w) < 1e-3) wrong();
  return normalize([x, y, z, w]);
}
