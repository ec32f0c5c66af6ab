/** How annotations are told to the engine: their shapes, their colours, their shader; pure. */

import type { Mark } from "./mark";
import { boundsOf, type Shape } from "./shapes";

/** What gives an annotation its colour. */
export type Coloring =
  | { readonly by: "own" }
  | { readonly by: "region"; readonly colors: ReadonlyMap<string, Rgb> }
  | { readonly by: "number"; readonly name: string; readonly range: readonly [number, number] };

export type Rgb = readonly [number, number, number];

export const OWN: Coloring = { by: "own" };

/** A set that is drawn. */
export interface DrawnSet {
  readonly id: string;
  readonly marks: readonly Mark[];
  readonly coloring: Coloring;
  /** What is read from the server's spatial index instead, of a large set. */
  readonly stream: {
    readonly url: string;
    readonly types: readonly Shape[];
    /** Rises when what was read is not what there is any more. */
    readonly version: number;
    /** Ids of the regions whose annotations are drawn; `null` for all. */
    readonly regions: readonly string[] | null;
  } | null;
}

const YELLOW: Rgb = [255, 255, 0];
const GREY: Rgb = [150, 150, 150];

/** From low to high; dark to bright, so that it can be told in grey as well. */
const RAMP: readonly Rgb[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

export function colorOf(mark: Mark, coloring: Coloring): Rgb {
  if (coloring.by === "own") return mark.color ? rgbOf(mark.color) : YELLOW;
  if (coloring.by === "region") {
    return (mark.region && coloring.colors.get(mark.region.id)) ?? GREY;
  }
  const value = mark.properties[coloring.name];
  const [lo, hi] = coloring.range;
  return value === undefined ? GREY : rampOf((value - lo) / (hi - lo || 1));
}

/** The same of one that the server's index tells of: its region is a number there, as its colour. */
export function streamedColor(
  mark: { readonly region: number; readonly rgb: Rgb; readonly numbers: readonly number[] },
  names: readonly string[],
  coloring: Coloring,
): Rgb {
  if (coloring.by === "own") return mark.rgb;
  if (coloring.by === "region") return coloring.colors.get(String(mark.region)) ?? GREY;
  const value = mark.numbers[names.indexOf(coloring.name)] ?? Number.NaN;
  const [lo, hi] = coloring.range;
  return Number.isNaN(value) ? GREY : rampOf((value - lo) / (hi - lo || 1));
}

export function rgbOf(color: string): Rgb {
  const number = Number.parseInt(color.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

function rampOf(share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (RAMP.length - 1);
  const i = Math.min(RAMP.length - 2, Math.floor(at));
  const [a, b] = [RAMP[i] ?? GREY, RAMP[i + 1] ?? GREY];
  const mix = (k: 0 | 1 | 2) => Math.round(a[k] + (b[k] - a[k]) * (at - i));
  return [mix(0), mix(1), mix(2)];
}

/** An annotation as the engine holds it; its only property is its colour. */
export interface EngineMark {
  readonly type: number;
  readonly id: string;
  readonly properties: readonly number[];
  readonly point?: Float32Array;
  readonly pointA?: Float32Array;
  readonly pointB?: Float32Array;
  readonly points?: readonly Float32Array[];
  readonly center?: Float32Array;
  readonly radii?: Float32Array;
}

const TYPES: Readonly<Record<Shape, number>> = {
  point: 0,
  line: 1,
  box: 2,
  ellipsoid: 3,
  polyline: 4,
  polygon: 4,
};

export function engineMark(mark: Mark, coloring: Coloring): EngineMark {
  const [r, g, b] = colorOf(mark, coloring);
  const base = { type: TYPES[mark.type], id: mark.id, properties: [r | (g << 8) | (b << 16)] };
  const [first, second] = mark.points.map((point) => Float32Array.from(point));
  const points = mark.points.map((point) => Float32Array.from(point));
  switch (mark.type) {
    case "point":
      return { ...base, point: first as Float32Array };
    case "line":
      return { ...base, pointA: first as Float32Array, pointB: second as Float32Array };
    case "box": {
      const [lo, hi] = boundsOf("box", mark.points);
      return { ...base, pointA: Float32Array.from(lo), pointB: Float32Array.from(hi) };
    }
    case "ellipsoid":
      return { ...base, center: first as Float32Array, radii: second as Float32Array };
    case "polygon":
      return { ...base, points: [...points, first as Float32Array] };
    case "polyline":
      return { ...base, points };
  }
}

const BODY = `
  setPointMarkerSize(SIZE);
  setPointMarkerColor(color);
  setPointMarkerBorderWidth(BORDER);
  setPointMarkerBorderColor(vec4(0.0, 0.0, 0.0, 0.75));
  setLineColor(color);
  setLineWidth(2.5);
  setEndpointMarkerSize(0.0);
  setEndpointMarkerBorderWidth(0.0);
  setBoundingBoxBorderColor(vec4(color, 1.0));
  setBoundingBoxBorderWidth(2.0);
  setBoundingBoxFillColor(vec4(color, 0.2));
  setEllipsoidFillColor(vec4(color, PROJECTION_VIEW ? 0.6 : 0.35));
`;

/** The engine's program for a set; many points are drawn small. */
export function shaderOf({ coloring, stream }: Pick<DrawnSet, "coloring" | "stream">): string {
  const body = stream
    ? BODY.replace("SIZE", "5.0").replace("BORDER", "0.5")
    : BODY.replace("SIZE", "10.0").replace("BORDER", "1.5");
  if (!stream) return `void main() {\n  vec3 color = prop_color();${body}}\n`;
  const shown = stream.regions
    ? `bool shown(uint region) {\n  switch (region) {\n${stream.regions
        .filter(isNumber)
        .map((id) => `    case ${id}u:\n`)
        .join("")}      return true;\n  }\n  return false;\n}\n`
    : "";
  const test = stream.regions ? "  if (!shown(prop_region())) { discard; }\n" : "";
  const { code, color } = glslOf(coloring);
  return `${shown.includes("case") ? shown : stream.regions ? NOTHING : ""}${code}void main() {\n${test}  vec3 color = ${color};${body}}\n`;
}

const NOTHING = "bool shown(uint region) {\n  return false;\n}\n";

function glslOf(coloring: Coloring): { code: string; color: string } {
  if (coloring.by === "own") return { code: "", color: "prop_color()" };
  if (coloring.by === "region") {
    const cases = [...coloring.colors]
      .filter(([id]) => isNumber(id))
      .map(([id, rgb]) => `    case ${id}u: return ${glsl(rgb)};\n`);
    if (cases.length === 0) return { code: "", color: glsl(GREY) };
    const code = `vec3 regionColor(uint region) {\n  switch (region) {\n${cases.join("")}  }\n  return ${glsl(GREY)};\n}\n`;
    return { code, color: "regionColor(prop_region())" };
  }
  const [lo, hi] = coloring.range;
  const stops = RAMP.map(glsl);
  const code = `vec3 rampColor(float value) {
  if (!(value == value)) { return ${glsl(GREY)}; }
  float at = clamp((value - float(${lo})) / float(${hi - lo || 1}), 0.0, 1.0) * 4.0;
  vec3 color = mix(${stops[0]}, ${stops[1]}, clamp(at, 0.0, 1.0));
  color = mix(color, ${stops[2]}, clamp(at - 1.0, 0.0, 1.0));
  color = mix(color, ${stops[3]}, clamp(at - 2.0, 0.0, 1.0));
  return mix(color, ${stops[4]}, clamp(at - 3.0, 0.0, 1.0));
}
`;
  return { code, color: `rampColor(prop_${coloring.name}())` };
}

function glsl([r, g, b]: Rgb): string {
  return `vec3(${[r, g, b].map((v) => (v / 255).toFixed(4)).join(", ")})`;
}

/** Regions are numbers in the index; what is no number of 32 bits is none there. */
function isNumber(id: string): boolean {
  return /^\d{1,10}$/.test(id) && Number(id) > 0 && Number(id) < 2 ** 32;
}

/** The numbers that annotations have, and between which values most of them lie. */
export function numbersOf(marks: Iterable<Mark>): ReadonlyMap<string, readonly [number, number]> {
  const values = new Map<string, number[]>();
  for (const { properties } of marks) {
    for (const [name, value] of Object.entries(properties)) {
      const known = values.get(name);
      if (known) known.push(value);
      else values.set(name, [value]);
    }
  }
  return new Map(
    [...values].map(([name, found]) => {
      found.sort((a, b) => a - b);
      const at = (share: number) => found[Math.round(share * (found.length - 1))] ?? 0;
      return [name, [at(0.01), at(0.99)]];
    }),
  );
}

/** A colour as CSS writes it. */
export function css(rgb: Rgb): string {
  return `rgb(${rgb.join(",")})`;
}
