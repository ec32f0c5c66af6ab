/** The server's spatial index of a large annotation set: which cells a plane needs, and what is in one; pure. */

import type { Vec3 } from "../geometry";
import { array, type Json, number, record, string, vec3 } from "../json";
import type { Points, Shape } from "../marks/shapes";

/** One level of the index, the first the coarsest. */
interface Level {
  readonly key: string;
  readonly counts: Vec3;
  readonly size: Vec3;
  /** Annotations of its fullest cell. */
  readonly limit: number;
}

export interface Index {
  readonly low: Vec3;
  readonly levels: readonly Level[];
  /** Names of the numbers that each annotation has. */
  readonly numbers: readonly string[];
}

/** An annotation as the index has it. */
export interface Found {
  readonly place: number;
  readonly points: Points;
  readonly region: number;
  readonly rgb: readonly [number, number, number];
  readonly numbers: readonly number[];
}

/** A part of the world that is looked at, in mm, and how far apart annotations are to be drawn there. */
export interface Slab {
  readonly low: Vec3;
  readonly high: Vec3;
  /** Annotations in a cubic millimetre. */
  readonly density: number;
}

/** A cell that is drawn, and the share of it: the first of a cell are a fair few of all. */
export interface Wanted {
  readonly address: string;
  readonly share: number;
}

/** More cells of a level are never asked for. */
const MOST = 300;

export function readIndex(value: unknown): Index {
  const json = record(value, "info");
  const properties = array(json.properties, "properties", (one, what) => {
    const { id, type } = record(one, what);
    return { id: string(id, what), type: string(type, what) };
  });
  return {
    low: vec3(json.lower_bound, "lower_bound"),
    levels: array(json.spatial, "spatial", level),
    numbers: properties.filter(({ type }) => type === "float32").map(({ id }) => id),
  };
}

function level(value: unknown, what: string): Level {
  const json: Json = record(value, what);
  return {
    key: string(json.key, what),
    counts: vec3(json.grid_shape, what),
    size: vec3(json.chunk_size, what),
    limit: number(json.limit, what),
  };
}

/** The cells of a slab, level by level until there is enough. */
export function cellsOf({ low, levels }: Index, slab: Slab): Wanted[] {
  const wanted: Wanted[] = [];
  let density = 0;
  for (const { key, counts, size, limit } of levels) {
    if (density >= slab.density) break;
    const volume = size[0] * size[1] * size[2];
    const share = Math.min(1, ((slab.density - density) * volume) / limit);
    density += limit / volume;
    const range = ([0, 1, 2] as const).map((axis) => {
      const cell = (at: number) => Math.floor((at - low[axis]) / size[axis]);
      const first = Math.max(0, cell(slab.low[axis]));
      const last = Math.min(counts[axis] - 1, cell(slab.high[axis]));
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    });
    const [xs = [], ys = [], zs = []] = range;
    if (xs.length * ys.length * zs.length > MOST) break;
    for (const z of zs)
      for (const y of ys)
        for (const x of xs) wanted.push({ address: `${key}/${x}_${y}_${z}`, share });
  }
  return wanted;
}

const FLOATS: Readonly<Record<Shape, number | null>> = {
  point: 3,
  line: 6,
  box: 6,
  ellipsoid: 6,
  polyline: null,
  polygon: null,
};

/** Read a cell as the server encodes it: how many, each, and their numbers. */
export function readCell(bytes: ArrayBuffer, type: Shape, numbers: number): Found[] {
  const view = new DataView(bytes);
  const count = Number(view.getBigUint64(0, true));
  const ids = bytes.byteLength - 8 * count;
  let at = 8;
  const float = () => {
    at += 4;
    return view.getFloat32(at - 4, true);
  };
  return Array.from({ length: count }, (_, i) => {
    let floats = FLOATS[type];
    if (floats === null) {
      floats = 3 * view.getUint32(at, true);
      at += 4;
    }
    const points = Array.from({ length: floats / 3 }, (): Vec3 => [float(), float(), float()]);
    const region = view.getUint32(at, true);
    at += 4;
    const values = Array.from({ length: numbers }, float);
    const rgb = [view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2)] as const;
    at += 4;
    const place = Number(view.getBigUint64(ids + 8 * i, true));
    return { place, points, region, rgb, numbers: values };
  });
}
