/** Where on a plane the names of regions are written: inside them, and never over one another; pure. */

import type { Region } from "./regions";

/** What a plane shows, looked at in steps of some pixels, row by row. */
export interface Samples {
  readonly cols: number;
  readonly rows: number;
  /** Pixels from one sample to the next; the first lies half a step inside. */
  readonly step: number;
  /** Id of the region at each sample; `null` where there is none. */
  readonly ids: readonly (string | null)[];
}

export interface Name {
  readonly id: string;
  readonly text: string;
  /** Its middle, in pixels. */
  readonly x: number;
  readonly y: number;
}

/** What a region may be called, from the longest. */
export type Calls = (id: string) => readonly string[];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a region may be called: on a plane one sees the side, so that the shorter names do without. */
export function callsOf({ name, acronym }: Pick<Region, "name" | "acronym">): string[] {
  const sideless = name.replace(/[\s,(]*\b(left|right)\b[\s,)]*/i, " ").trim();
  const bare = acronym.replace(/^[LR][._ -]|^[lr]h[._ -]|[._ -](lh|rh|[LR])$/, "");
  const all = [name, sideless, acronym, bare].filter((text) => text !== "");
  return [...new Set(all)].sort((a, b) => b.length - a.length);
}

/** What there is among samples, each once: what there is most of comes first. */
export function largest(samples: readonly (string | null)[]): string[] {
  const counts = new Map<string, number>();
  for (const one of samples) if (one !== null) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([one]) => one);
}

/** Tried for each piece of a region: the farther from its edge, the earlier. */
const TRIES = 24;
/** Which part of a text must lie in its region: all of it, or else most. */
const INSIDE = [1, 0.5];
/** Which part of it may lie in other regions. */
const STRAY = 0.1;
/** Names on one plane. */
const MOST = 80;

interface Piece {
  readonly id: string;
  /** Samples, those farthest from the edge first. */
  readonly cells: number[];
}

/** Place names, those of the largest pieces first. */
export function placeNames(
  samples: Samples,
  calls: Calls,
  measure: (text: string) => Size,
): Name[] {
  const { cols, rows, step, ids } = samples;
  const depth = depths(samples);
  const names: (Name & Size)[] = [];
  /** Which part of a text lies in its region; none of one that leaves the plane or names another. */
  const share = (id: string, x: number, y: number, { width, height }: Size): number => {
    const left = Math.floor((x - width / 2) / step);
    const right = Math.ceil((x + width / 2) / step) - 1;
    const top = Math.floor((y - height / 2) / step);
    const bottom = Math.ceil((y + height / 2) / step) - 1;
    if (left < 0 || top < 0 || right >= cols || bottom >= rows) return 0;
    let own = 0;
    let others = 0;
    for (let row = top; row <= bottom; row++) {
      for (let col = left; col <= right; col++) {
        const there = ids[row * cols + col] ?? null;
        if (there === id) own++;
        else if (there !== null) others++;
      }
    }
    const all = (right - left + 1) * (bottom - top + 1);
    return others > STRAY * all ? 0 : own / all;
  };
  const free = (x: number, y: number, { width, height }: Size) =>
    names.every(
      (other) =>
        Math.abs(x - other.x) * 2 >= width + other.width ||
        Math.abs(y - other.y) * 2 >= height + other.height,
    );
  for (const { id, cells } of pieces(samples, depth)) {
    if (names.length >= MOST) break;
    const tried = cells.slice(0, TRIES);
    const fit = calls(id)
      .flatMap((text) => INSIDE.map((least) => ({ text, least })))
      .map(({ text, least }) => {
        const size = measure(text);
        const cell = tried.find((at) => {
          const x = ((at % cols) + 0.5) * step;
          const y = (Math.floor(at / cols) + 0.5) * step;
          return share(id, x, y, size) >= least && free(x, y, size);
        });
        return cell === undefined ? null : { text, size, cell };
      })
      .find((found) => found !== null);
    if (!fit) continue;
    names.push({
      id,
      text: fit.text,
      x: ((fit.cell % cols) + 0.5) * step,
      y: (Math.floor(fit.cell / cols) + 0.5) * step,
      ...fit.size,
    });
  }
  return names.map(({ id, text, x, y }) => ({ id, text, x, y }));
}

/** How far each sample is from the edge of its region, in thirds of a step (chamfer 3-4). */
function depths({ cols, rows, ids }: Samples): Int32Array {
  const depth = new Int32Array(cols * rows);
  const towards = (at: number, col: number, row: number, dc: number, dr: number, cost: number) => {
    const c = col + dc;
    const r = row + dr;
    const beyond = c < 0 || r < 0 || c >= cols || r >= rows;
    const other = beyond ? -1 : r * cols + c;
    const from = other >= 0 && ids[other] === ids[at] ? (depth[other] ?? 0) : 0;
    depth[at] = Math.min(depth[at] ?? 0, from + cost);
  };
  const near = [
    [-1, 0, 3],
    [0, -1, 3],
    [-1, -1, 4],
    [1, -1, 4],
  ] as const;
  depth.fill(1 << 29);
  for (let at = 0; at < depth.length; at++) {
    for (const [dc, dr, cost] of near) towards(at, at % cols, Math.floor(at / cols), dc, dr, cost);
  }
  for (let at = depth.length - 1; at >= 0; at--) {
    for (const [dc, dr, cost] of near) {
      towards(at, at % cols, Math.floor(at / cols), -dc, -dr, cost);
    }
  }
  return depth;
}

/** The connected pieces of all regions, the largest first. */
function pieces({ cols, rows, ids }: Samples, depth: Int32Array): Piece[] {
  const seen = new Uint8Array(cols * rows);
  const found: Piece[] = [];
  for (let start = 0; start < ids.length; start++) {
    const id = ids[start] ?? null;
    if (id === null || seen[start] === 1) continue;
    const cells = [start];
    seen[start] = 1;
    for (let i = 0; i < cells.length; i++) {
      const at = cells[i] ?? 0;
      const col = at % cols;
      for (const next of [
        col > 0 ? at - 1 : -1,
        col < cols - 1 ? at + 1 : -1,
        at - cols,
        at + cols,
      ]) {
        if (next < 0 || next >= ids.length || seen[next] === 1 || ids[next] !== id) continue;
        seen[next] = 1;
        cells.push(next);
      }
    }
    cells.sort((a, b) => (depth[b] ?? 0) - (depth[a] ?? 0));
    found.push({ id, cells });
  }
  return found.sort((a, b) => b.cells.length - a.cells.length);
}
