/** Address ↔ view; pure. */

import { normalize, parsePoint, type Quat, sameTurn, UPRIGHT } from "./geometry";
import { MOST_NAME } from "./keptplanes";
import {
  type Camera,
  COMPARISONS,
  type Comparison,
  canonical,
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
  type Wish,
} from "./state";
import { t } from "./words";

const VERSION = "1";

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
  if (style.channel !== null) put("ch", String(style.channel));
  if (style.window) put("win", style.window.join(","));
  if (style.gamma !== STYLE.gamma) put("gamma", String(style.gamma));
  if (style.template !== STYLE.template) put("tpl", flag(style.template));
  if (style.regions !== STYLE.regions) put("reg", flag(style.regions));
  if (style.opacity !== STYLE.opacity) put("op", String(style.opacity));
  if (style.drawing !== STYLE.drawing) put("ol", String(DRAWINGS.indexOf(style.drawing)));
  if (style.crosshair !== STYLE.crosshair) put("x", flag(style.crosshair));
  if (style.sets.length > 0) put("sets", style.sets.map(formatSet).join(","));
  if (style.depth !== STYLE.depth) put("depth", String(style.depth));
  if (style.palette !== STYLE.palette) put("pal", style.palette);
  const colors = Object.entries(style.colors).map(([id, color]) => `${id}:${color.slice(1)}`);
  if (colors.length > 0) put("col", colors.join(","));
  if (style.hidden.length > 0) put("hid", style.hidden.join(","));
  if (style.isolate !== STYLE.isolate) put("iso", flag(style.isolate));
  if (style.side !== STYLE.side) put("side", style.side);
  if (style.names !== STYLE.names) put("names", flag(style.names));
  if (style.solids !== STYLE.solids) put("m3", style.solids);
  if (style.shell !== STYLE.shell) put("sh", flag(style.shell));
  if (style.sections !== STYLE.sections) put("sec", flag(style.sections));
  put("in", style.coordinates);
  if (style.compare) put("cmp", formatComparison(style.compare));
  return `#${entries.map(([key, value]) => `${key}=${encode(value)}`).join("&")}`;
}

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

function flag(on: boolean): string {
  return on ? "1" : "0";
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":");
}

export interface Parsed {
  readonly wish: Wish;
  /** What the plane that is shown is called. */
  readonly plane: string | null;
  /** What could not be followed, in words for people. */
  readonly notices: readonly string[];
  /** Keys of annotation sets, by the set: somebody chose to share them. */
  readonly keys: ReadonlyMap<string, string>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Read an address. Whatever it holds, a view comes out, and words for what was not understood. */
export function parseHash(hash: string): Parsed {
  const data: Partial<Mutable<Data>> = {};
  const camera: Partial<Mutable<Camera>> = {};
  const style: Partial<Mutable<Style>> = {};
  const notices: string[] = [];
  const keys = new Map<string, string>();
  const text = hash.replace(/^#/, "");
  if (text === "") return { wish: { data, camera, style }, plane: null, notices, keys };

  let version = VERSION;
  let plane: string | null = null;
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
    plane: (value) => {
      plane = value.trim().slice(0, MOST_NAME) || wrong();
    },
    ch: (value) => {
      style.channel = /^\d{1,6}$/.test(value) ? Number(value) : wrong();
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
    sets: (value) => {
      style.sets = value.split(",").map(parseSet);
    },
    depth: (value) => {
      style.depth = /^\d{1,3}$/.test(value) ? Number(value) : wrong();
    },
    pal: (value) => {
      style.palette = PALETTES.find((palette) => palette === value) ?? wrong();
    },
    col: (value) => {
      style.colors = Object.fromEntries(value.split(",").map(colorOf));
    },
    hid: (value) => {
      style.hidden = value.split(",").filter((id) => id !== "");
    },
    iso: (value) => {
      style.isolate = onOff(value);
    },
    side: (value) => {
      style.side = SIDES.find((side) => side === value) ?? wrong();
    },
    names: (value) => {
      style.names = onOff(value);
    },
    m3: (value) => {
      style.solids = SOLIDS.find((solids) => solids === value) ?? wrong();
    },
    sh: (value) => {
      style.shell = onOff(value);
    },
    in: (value) => {
      style.coordinates = /^[a-z0-9][a-z0-9._:-]{0,199}$/.test(value) ? value : wrong();
    },
    cmp: (value) => {
      style.compare = parseComparison(value);
    },
    sec: (value) => {
      style.sections = onOff(value);
    },
    keys: (value) => {
      for (const part of value.split(",")) {
        const [set, key, ...rest] = part.split(":");
        if (!set || !key || rest.length > 0 || !/^[\w-]{16,128}$/.test(key)) wrong();
        keys.set(set, key);
      }
    },
  };
  for (const part of text.split("&")) {
    if (part === "") continue;
    const [rawKey = "", ...rest] = part.split("=");
    const key = decode(rawKey);
    const value = decode(rest.join("="));
    const read = key !== null && Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (key === null || value === null || !read) {
      notices.push(
        t("This link holds “{part}”, which is not known here and was ignored.", {
          part: shorten(part),
        }),
      );
      continue;
    }
    try {
      read(value);
    } catch {
      notices.push(
        t("In this link “{part}” makes no sense and was ignored.", { part: shorten(part) }),
      );
    }
  }
  if (version !== VERSION) {
    return {
      wish: { data: {}, camera: {}, style: {} },
      plane: null,
      notices: [
        t(
          "This link is of version {version}, and this page reads version {known}: here is the view it starts with.",
          { version: shorten(version), known: VERSION },
        ),
      ],
      keys,
    };
  }
  return { wish: { data, camera, style }, plane, notices, keys };
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
