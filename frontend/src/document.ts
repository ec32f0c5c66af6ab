/** View ↔ the server's view document (`/api/schemas/view/2.json`); pure. */

import { ApiError } from "./apierror";
import { normalize, type Quat } from "./geometry";
import { isColormap } from "./imageshader";
import { array, type Decoder, type Json, number, optional, record, string, vec3 } from "./json";
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
  type Style,
  type View,
  type Wish,
} from "./state";
import { t } from "./words";

export const DOCUMENT_VERSION = 2;

/** What stands beside a view in its document. */
export interface Beside {
  /** Reference space of the points; `null` when it is not known. */
  readonly space: string | null;
}

/** One step of a story: a place, and what there is to say of it. */
export interface Step extends Beside {
  readonly title: string;
  readonly text: string;
  readonly view: View;
}

/** A step as a document tells it: what it leaves out is up to the data it names. */
export interface WishedStep extends Beside {
  readonly title: string;
  readonly text: string;
  readonly wish: Wish;
}

/** What a document says. */
export interface Told extends Beside {
  readonly wish: Wish;
  readonly steps: readonly WishedStep[];
  /** What could not be followed, in words for people. */
  readonly notices: readonly string[];
}

/** Write a view, or a story with its steps, as the server keeps it. */
export function toDocument(
  view: View,
  beside: Beside,
  digests: Readonly<Record<string, string>> = {},
  steps: readonly Step[] = [],
): Json {
  return {
    format: "atlasview-view",
    version: DOCUMENT_VERSION,
    ...shown(view, beside),
    digests,
    steps: steps.map((step) => ({
      title: step.title,
      text: step.text,
      ...shown(step.view, step),
    })),
  };
}

/** The document has the very members that the page's view has, but for the annotation sets. */
function shown({ data, camera, style: { sets, ...style } }: View, { space }: Beside): Json {
  return { space, data, camera: canonical(camera), style, annotations: sets };
}

/** Read a document. Whatever it holds, a view comes out, and words for what was not understood. */
export function fromDocument(document: unknown): Told {
  const notices: string[] = [];
  const json = attempt(record, document, "view", notices) ?? {};
  if (json.version !== DOCUMENT_VERSION) {
    notices.push(
      t("This view is of version {version}, and this page reads version {known}.", {
        version: String(json.version),
        known: DOCUMENT_VERSION,
      }),
    );
  }
  const steps = attempt(items(record), json.steps ?? [], "steps", notices) ?? [];
  return {
    ...read(json, notices),
    steps: steps.map((step) => ({
      title: attempt(string, step.title ?? "", "title", notices) ?? "",
      text: attempt(string, step.text ?? "", "text", notices) ?? "",
      ...read(step, notices),
    })),
    notices,
  };
}

type Readers<T> = { readonly [K in keyof T]: Decoder<T[K]> };

const DATA: Readers<Data> = {
  atlas: optional(string),
  template: optional(string),
  parcellation: optional(string),
  volume: optional(string),
};

const CAMERA: Readers<Camera> = {
  at: vec3,
  zoom: positive,
  turn,
  zoom3d: positive,
  turn3d: turn,
};

const STYLE: Readers<Omit<Style, "sets">> = {
  layout: oneOf(LAYOUTS),
  selected: items(string),
  channel: optional(number),
  window: optional(window),
  gamma: number,
  invert: flag,
  colormap,
  template: flag,
  regions: flag,
  opacity: number,
  drawing: oneOf(DRAWINGS),
  crosshair: flag,
  depth: optional(number),
  palette: oneOf(PALETTES),
  colors,
  hidden: items(string),
  isolate: flag,
  side: optional(oneOf(SIDES)),
  names: flag,
  solids: oneOf(SOLIDS),
  shell: flag,
  sections: flag,
  coordinates: optional(string),
  compare: optional(comparison),
};

function read(json: Json, notices: string[]): Beside & { readonly wish: Wish } {
  const sets = attempt(items(shownSet), json.annotations ?? [], "annotations", notices) ?? [];
  return {
    space: attempt(optional(string), json.space, "space", notices) ?? null,
    wish: {
      data: part(DATA, json.data, "data", notices),
      camera: part(CAMERA, json.camera, "camera", notices),
      style: { ...part(STYLE, json.style, "style", notices), sets },
    },
  };
}

/** What a part of a document says; what it leaves out, or leaves open, is not wished. */
function part<T>(readers: Readers<T>, value: unknown, what: string, notices: string[]): Partial<T> {
  const json = attempt(record, value ?? {}, what, notices) ?? {};
  const found: Partial<T> = {};
  for (const name of Object.keys(readers) as (keyof T & string)[]) {
    if (json[name] === undefined || json[name] === null) continue;
    const got = attempt(readers[name], json[name], `${what}.${name}`, notices);
    if (got !== undefined) found[name] = got;
  }
  return found;
}

function attempt<T>(
  decode: Decoder<T>,
  value: unknown,
  what: string,
  notices: string[],
): T | undefined {
  try {
    return decode(value, what);
  } catch {
    notices.push(t("In this view “{part}” makes no sense here and was ignored.", { part: what }));
    return undefined;
  }
}

function items<T>(item: Decoder<T>): Decoder<T[]> {
  return (value, what) => array(value, what, item);
}

function oneOf<T extends string>(choices: readonly T[]): Decoder<T> {
  return (value, what) => choices.find((choice) => choice === value) ?? wrong(what);
}

function colormap(value: unknown, what: string): string {
  const name = string(value, what);
  return isColormap(name) ? name : wrong(what);
}

function flag(value: unknown, what: string): boolean {
  return typeof value === "boolean" ? value : wrong(what);
}

function colors(value: unknown, what: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(value, what)).map(([id, color]) => {
      const found = string(color, what);
      return [id, /^#[0-9a-f]{6}$/.test(found) ? found : wrong(what)] as const;
    }),
  );
}

function positive(value: unknown, what: string): number {
  const found = number(value, what);
  return found > 0 ? found : wrong(what);
}

function turn(value: unknown, what: string): Quat {
  const [x, y, z, w, ...rest] = array(value, what, number);
  if (x === undefined || y === undefined || z === undefined || w === undefined) wrong(what);
  if (rest.length > 0 || Math.hypot(x, y, z, w) < 1e-3) wrong(what);
  return normalize([x, y, z, w]);
}

function window(value: unknown, what: string): readonly [number, number] {
  const [lo, hi, ...rest] = array(value, what, number);
  if (lo === undefined || hi === undefined || rest.length > 0 || lo >= hi) wrong(what);
  return [lo, hi];
}

function comparison(value: unknown, what: string): Comparison {
  const json = record(value, what);
  return {
    volume: string(json.volume, what),
    how: oneOf(COMPARISONS)(json.how, what),
    at: number(json.at, what),
    window: optional(window)(json.window, what),
  };
}

function shownSet(value: unknown, what: string): ShownSet {
  const json = record(value, what);
  const coloring = optional(string)(json.coloring ?? null, what) ?? "own";
  const range = optional(window)(json.range ?? null, what);
  const region = optional(string)(json.region ?? null, what);
  if (coloring !== "own" && !isColoring(coloring)) wrong(what);
  return {
    set: string(json.set, what),
    visible: flag(json.visible ?? true, what),
    ...(coloring === "own" ? {} : { coloring }),
    ...(range === null ? {} : { range }),
    ...(region === null ? {} : { region }),
  };
}

function wrong(what: string): never {
  throw new ApiError(`${what} is not understood`);
}
