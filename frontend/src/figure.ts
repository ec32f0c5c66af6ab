/** Figures of planes: how large they are, how they are asked for, what is written on them; pure. */

import { add, dot, formatPoint, type Quat, type Vec3 } from "./geometry";
import type { Axes } from "./panels";
import type { Cut } from "./pictures";

/** What a figure shows: a plane, so many millimetres a pixel of the screen. */
export interface Shown {
  readonly at: Vec3;
  readonly orientation: Quat;
  readonly zoom: number;
  /** In pixels of the screen. */
  readonly width: number;
  readonly height: number;
}

export const SCALES = [1, 2, 4, 8] as const;

/** Pixels that a browser is asked to keep of one picture. */
export const MOST_PIXELS = 80e6;
/** Longest side of a canvas that every browser draws. */
const MOST_SIDE = 16_384;
/** Side of the parts that the server is asked for, in pixels. */
const PART = 2048;

/** Is a figure of planes in a row no larger at this scale than a browser can keep? */
export function fits(row: readonly Shown[], scale: number): boolean {
  const { width, height } = rowOf(
    row.map((shown) => sizeOf(shown, scale)),
    scale,
  );
  return width * height <= MOST_PIXELS && Math.max(width, height) <= MOST_SIDE;
}

/** A part of a figure, and where it lies in it. */
export interface Part {
  readonly left: number;
  readonly top: number;
  readonly cut: Cut;
}

/** The parts of a figure, that join without a seam: their pixels lie on one grid. */
export function partsOf(shown: Shown, scale: number, { right, down }: Axes): Part[] {
  const [width, height] = sizeOf(shown, scale);
  const mmPerPixel = shown.zoom / scale;
  const parts: Part[] = [];
  for (let top = 0; top < height; top += PART) {
    for (let left = 0; left < width; left += PART) {
      const w = Math.min(PART, width - left);
      const h = Math.min(PART, height - top);
      const across = (left + w / 2 - width / 2) * mmPerPixel;
      const below = (top + h / 2 - height / 2) * mmPerPixel;
      const center = add(shown.at, [
        right[0] * across + down[0] * below,
        right[1] * across + down[1] * below,
        right[2] * across + down[2] * below,
      ]);
      const { orientation } = shown;
      parts.push({ left, top, cut: { center, orientation, width: w, height: h, mmPerPixel } });
    }
  }
  return parts;
}

export function sizeOf({ width, height }: Shown, scale: number): readonly [number, number] {
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** Between pictures that stand in a row, in pixels of the screen. */
const GAP = 8;

/** Where pictures stand in a row, and how large it is. */
export function rowOf(
  sizes: readonly (readonly [number, number])[],
  scale: number,
): { lefts: readonly number[]; width: number; height: number } {
  const lefts: number[] = [];
  let width = 0;
  for (const [wide] of sizes) {
    const left = width === 0 ? 0 : width + GAP * scale;
    lefts.push(left);
    width = left + wide;
  }
  return { lefts, width, height: Math.max(...sizes.map(([, high]) => high)) };
}

export interface Bar {
  readonly mm: number;
  readonly pixels: number;
  readonly text: string;
}

/** The longest bar of a round length that takes no more than a share of the width. */
export function barOf(mmPerPixel: number, width: number, share = 0.25): Bar {
  const most = mmPerPixel * width * share;
  const ten = 10 ** Math.floor(Math.log10(most));
  const mm = ([5, 2, 1].find((step) => step * ten <= most) ?? 1) * ten;
  const text =
    mm >= 1 ? `${round(mm)} mm` : mm >= 1e-3 ? `${round(mm * 1e3)} µm` : `${round(mm * 1e6)} nm`;
  return { mm, pixels: mm / mmPerPixel, text };
}

function round(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A plane that a figure shows, and how it lies. */
export interface Lying {
  readonly shown: Shown;
  readonly axes: Axes;
}

/** Where the planes of a figure lie, in words that lead back to them; all are of one scale. */
export function placeText(planes: readonly Lying[], space: string): string {
  const zoom = planes[0]?.shown.zoom ?? 0;
  const finest = `${Number(zoom.toPrecision(3))} mm / px`;
  return [...planes.map(liesText), finest, space].filter((part) => part !== "").join(" · ");
}

function liesText({ shown: { at }, axes: { right, down, normal } }: Lying): string {
  const decimals = 2;
  const upright = [right, down].every((axis) => axis.some((v) => Math.abs(v) > 1 - 1e-6));
  const direction = (axis: Vec3) => axis.map((v) => Number((v + 0).toFixed(4)) + 0).join(", ");
  return upright
    ? `${axisOf(normal)} = ${depthOf(normal, at)} mm`
    : `centre ${formatPoint(at, decimals)} mm, right (${direction(right)}), down (${direction(down)})`;
}

function axisOf(normal: Vec3): string {
  return ["x", "y", "z"][normal.findIndex((v) => Math.abs(v) > 0.5)] ?? "";
}

function depthOf(normal: Vec3, at: Vec3): string {
  const depth = Math.abs(dot(normal, at));
  const value = at[normal.findIndex((v) => Math.abs(v) > 0.5) as 0 | 1 | 2] ?? depth;
  return Number(value.toFixed(3)).toString();
}

/** Cut words into lines that fit. */
export function wrapped(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(...pieces(word, fits));
  }
  return lines;
}

/** A word that is too long for a line, as an address is, in pieces that are not. */
function pieces(word: string, fits: (line: string) => boolean): string[] {
  const found: string[] = [];
  let rest = word;
  while (rest !== "" && !fits(rest)) {
    let most = rest.length;
    while (most > 1 && !fits(rest.slice(0, most))) most--;
    found.push(rest.slice(0, most));
    rest = rest.slice(most);
  }
  return [...found, ...(rest === "" ? [] : [rest])];
}

/** A figure is to be read from the last row: so many pixels across, where it can have them. */
const SLIDE = 1600;

/** The scale that a figure is offered in at first. */
export function firstScale(
  scales: readonly number[],
  widthAt: (scale: number) => number,
): number | undefined {
  return scales.find((scale) => widthAt(scale) >= SLIDE) ?? scales.at(-1);
}
