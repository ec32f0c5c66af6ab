/** The server's JSON, fetched and checked at the door. */

import type { Bounds, Vec3 } from "./geometry";
import type { Region } from "./regions";
import { plural, t } from "./words";

export interface Volume {
  readonly id: string;
  /** Of the stored bytes, as far as the server can tell one state of them from another. */
  readonly digest: string | null;
  readonly name: string;
  readonly kind: "image" | "labels";
  readonly dtype: string;
  readonly channels: number;
  /** Voxels of the finest level, x, y, z. */
  readonly shape: Vec3;
  /** Voxel centre x, y, z → mm: four rows of four. */
  readonly affine: readonly (readonly number[])[];
  readonly voxelSize: Vec3;
  /** The voxels of all levels, the finest first. */
  readonly levels: readonly Vec3[];
  readonly space: string;
  readonly bounds: Bounds;
  readonly valueRange: readonly [number, number] | null;
  /** From the percentile, as the server writes it ("1", "99.5"), to the value. */
  readonly percentiles: ReadonlyMap<string, number>;
  readonly licence: string | null;
  readonly citation: string | null;
  readonly source: EngineSource;
  /** The same volume transcoded; beneath it are its surfaces. */
  readonly precomputed: EngineSource;
}

/** What Neuroglancer is told of where a volume's chunks are. */
export interface EngineSource {
  readonly format: "zarr2" | "zarr3" | "precomputed";
  readonly path: string;
  readonly transform: unknown;
}

export interface Parcellation {
  readonly id: string;
  readonly name: string;
  readonly labels: string;
  /** The volume of its probability maps, one channel a region. */
  readonly probabilities: string | null;
  /** The volume that tells left from right. */
  readonly hemispheres: string | null;
}

export interface Atlas {
  readonly id: string;
  readonly name: string;
  readonly species: string | null;
  readonly citation: string | null;
  readonly licence: string | null;
  readonly space: string;
  readonly templates: readonly string[];
  readonly parcellations: readonly Parcellation[];
}

export interface Hit {
  readonly region: Region;
  readonly field: string;
  readonly kind: string;
}

/** A channel of a volume that holds how probable one region is in each voxel. */
export interface ProbabilityMap {
  readonly volume: string;
  readonly channel: number;
  /** What a voxel holds where the region is certain. */
  readonly unit: number;
}

export interface RegionDetails {
  readonly region: Region;
  readonly volumeMm3: number | null;
  readonly centroid: Vec3 | null;
  readonly box: Bounds | null;
  /** Volume in mm³ on either side, where the atlas tells sides by a volume. */
  readonly hemispheres: { readonly left: number; readonly right: number } | null;
  /** Which part of its parent's volume it is. */
  readonly share: number | null;
  readonly neighbours: readonly Neighbour[];
  readonly synonyms: readonly string[];
  readonly description: string;
  readonly citation: string | null;
  readonly licence: string | null;
  /** Where more of it is found, by name. */
  readonly links: Readonly<Record<string, string>>;
  readonly map: ProbabilityMap | null;
}

/** A region that touches another. */
export interface Neighbour {
  readonly region: Region;
  readonly areaMm2: number;
}

/** A failure in words for people. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** As HTTP numbers it; `null` where the server did not answer. */
    readonly status: number | null = null,
    /** What else the server says of it. */
    readonly told: Json = {},
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export class Api {
  /** `base` is the folder the page was served from, so that a server under a path works too. */
  constructor(private readonly base: URL) {}

  async volumes(signal: AbortSignal): Promise<Volume[]> {
    return list(await this.get("api/volumes", signal), "volumes", volume);
  }

  async atlases(signal: AbortSignal): Promise<Atlas[]> {
    return list(await this.get("api/atlases", signal), "atlases", atlas);
  }

  /** All regions; `asked` as the server takes it, such as the palette of their colours. */
  async regions(
    atlas: string,
    parcellation: string,
    signal: AbortSignal,
    asked: Readonly<Record<string, string>> = {},
  ): Promise<Region[]> {
    const query = new URLSearchParams({ parcellation, ...asked });
    return list(
      await this.get(`api/atlases/${encodeURIComponent(atlas)}/regions?${query}`, signal),
      "regions",
      region,
    );
  }

  /** How many voxels each region has with all below it, in one hemisphere or both. */
  async voxels(
    atlas: string,
    parcellation: string,
    side: string | null,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number>> {
    const query = new URLSearchParams({ parcellation, voxels: "1" });
    if (side !== null) query.set("hemisphere", side);
    const path = `api/atlases/${encodeURIComponent(atlas)}/regions?${query}`;
    return new Map(list(await this.get(path, signal), "regions", counted));
  }

  async find(
    atlas: string,
    parcellation: string,
    text: string,
    signal: AbortSignal,
  ): Promise<Hit[]> {
    const query = new URLSearchParams({ parcellation, find: text, limit: "30" });
    return list(
      await this.get(`api/atlases/${encodeURIComponent(atlas)}/regions?${query}`, signal),
      "regions",
      hit,
    );
  }

  async details(
    atlas: string,
    parcellation: string,
    id: string,
    signal: AbortSignal,
  ): Promise<RegionDetails> {
    const query = new URLSearchParams({ parcellation });
    const path = `api/atlases/${encodeURIComponent(atlas)}/regions/${encodeURIComponent(id)}?${query}`;
    return regionDetails(await this.get(path, signal), "the region");
  }

  /** The regions at a table of points as CSV, which comes back with more columns. */
  async assign(
    atlas: string,
    parcellation: string,
    body: string,
    signal: AbortSignal,
  ): Promise<string> {
    const query = new URLSearchParams({ parcellation, distance: "1" });
    const path = `api/atlases/${encodeURIComponent(atlas)}/assign?${query}`;
    const headers = { "Content-Type": "text/csv", Accept: "text/csv" };
    return (await this.send(path, { method: "POST", signal, headers, body })).text;
  }

  private async send(
    path: string,
    asked: RequestInit & { readonly signal: AbortSignal },
  ): Promise<{ response: Response; text: string }> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.resolve(path), asked);
      text = await response.text();
    } catch (error) {
      if (asked.signal.aborted) throw error;
      throw new ApiError(t("The server does not answer. Is it still running?"));
    }
    if (!response.ok) {
      const told = problemOf(text);
      throw new ApiError(inWords(told, response), response.status, told);
    }
    return { response, text };
  }

  /** The absolute address of a path that the server gave, or of one beside the page. */
  resolve(path: string): string {
    const root = this.base.pathname;
    return new URL(path.startsWith(root) ? path : path.replace(/^\//, ""), this.base).href;
  }

  private async get(path: string, signal: AbortSignal): Promise<unknown> {
    return (await this.ask("GET", path, { signal })).json;
  }

  /** Ask the server; what it refuses is thrown, in words for people. */
  async ask(method: string, path: string, asked: Asked): Promise<Answer> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (asked.body !== undefined) headers["Content-Type"] = "application/json";
    if (asked.key) headers.Authorization = `Bearer ${asked.key}`;
    if (asked.match !== undefined) headers["If-Match"] = asked.match;
    const body = asked.body === undefined ? null : JSON.stringify(asked.body);
    const { response, text } = await this.send(path, {
      method,
      signal: asked.signal,
      headers,
      body,
    });
    try {
      return { json: text === "" ? null : parse(text), tag: response.headers.get("ETag") };
    } catch {
      throw new ApiError(t("The server’s answer to {path} is not JSON.", { path }));
    }
  }
}

/** What goes with a request. */
export interface Asked {
  readonly signal: AbortSignal;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Edit key of what is asked for. */
  readonly key?: string | null;
  /** Entity tag of what is changed. */
  readonly match?: string;
}

export interface Answer {
  readonly json: unknown;
  /** Entity tag of what was answered. */
  readonly tag: string | null;
}

/** Parse JSON, keeping as text the whole numbers that a float would round. */
export function parse(text: string): unknown {
  return JSON.parse(text, function (this: unknown, _key, value, context?: { source?: string }) {
    const big = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
    const source = context?.source;
    return big && source !== undefined && /^-?\d+$/.test(source) ? source : value;
  } as (this: unknown, key: string, value: unknown) => unknown);
}

/** The problem document of a failure; empty where there is none. */
function problemOf(text: string): Json {
  try {
    return record(JSON.parse(text), "problem");
  } catch {
    return {};
  }
}

function inWords({ title, detail }: Json, response: Response): string {
  const parts = [title, detail].filter((part) => typeof part === "string" && part !== "");
  const said =
    parts.join(": ") ||
    t("The server answered {status}", { status: `${response.status} ${response.statusText}` });
  const wait = response.headers.get("Retry-After");
  if (wait === null || !/^\d+$/.test(wait)) return said.trim();
  const again = plural(Number(wait), "Try again in {n} second.", "Try again in {n} seconds.");
  return `${said.trim()} ${again}`;
}

// Decoders: each takes a value and the words to name it by, and returns it typed or throws.

export type Decoder<T> = (value: unknown, what: string) => T;
export type Json = Readonly<Record<string, unknown>>;

function wrong(what: string, expected: string): never {
  throw new ApiError(
    t("The server’s answer is not understood: {what} should be {expected}.", { what, expected }),
  );
}

export function record(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(what, "an object");
  return value as Json;
}

export function array<T>(value: unknown, what: string, item: Decoder<T>): T[] {
  if (!Array.isArray(value)) wrong(what, "a list");
  return value.map((element, i) => item(element, `${what}[${i}]`));
}

function list<T>(value: unknown, key: string, item: Decoder<T>): T[] {
  return array(record(value, "it")[key], key, item);
}

export function string(value: unknown, what: string): string {
  return typeof value === "string" ? value : wrong(what, "a text");
}

export function number(value: unknown, what: string): number {
  // `parse` left those as text that a float rounds: here a float is what is wanted.
  if (typeof value === "string" && /^-?\d+$/.test(value)) return Number(value);
  return typeof value === "number" && Number.isFinite(value) ? value : wrong(what, "a number");
}

export function optional<T>(item: Decoder<T>): Decoder<T | null> {
  return (value, what) => (value === null || value === undefined ? null : item(value, what));
}

/** An id: a whole number, or the text of one where it may exceed 2⁵³, or a name. */
function id(value: unknown, what: string): string {
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  return string(value, what);
}

function label(value: unknown, what: string): bigint {
  const text = id(value, what);
  return /^\d+$/.test(text) ? BigInt(text) : wrong(what, "a whole number");
}

export function vec3(value: unknown, what: string): Vec3 {
  const items = array(value, what, number);
  return items.length === 3 ? (items as unknown as Vec3) : wrong(what, "three numbers");
}

function bounds(value: unknown, what: string): Bounds {
  const items = array(value, what, vec3);
  return items.length === 2 ? (items as unknown as Bounds) : wrong(what, "two corners");
}

/** The least and the greatest value; `null` where there is none, as in a volume of NaN. */
function range(value: unknown, what: string): readonly [number, number] | null {
  const [lo, hi, ...rest] = array(value, what, optional(number));
  if (lo === undefined || hi === undefined || rest.length > 0) wrong(what, "two numbers");
  return lo === null || hi === null ? null : [lo, hi];
}

/** Words for people, or nothing. */
function words(value: unknown, what: string): string | null {
  return optional(string)(value, what) || null;
}

function rgb(value: unknown, what: string): Region["rgb"] {
  const [r, g, b] = vec3(value, what).map((v) => Math.min(255, Math.max(0, Math.round(v))));
  return [r ?? 0, g ?? 0, b ?? 0];
}

export function volume(value: unknown, what: string): Volume {
  const json = record(value, what);
  const name = string(json.id, `${what}.id`);
  const kind = json.kind;
  if (kind !== "image" && kind !== "labels") wrong(`${name}.kind`, '"image" or "labels"');
  const engine = record(json.neuroglancer, `${name}.neuroglancer`);
  const transcoded = record(json.precomputed, `${name}.precomputed`);
  const percentiles = optional(record)(json.percentiles, `${name}.percentiles`) ?? {};
  return {
    id: name,
    digest: optional(string)(json.digest, `${name}.digest`),
    name: words(json.name, `${name}.name`) ?? name,
    kind,
    dtype: string(json.dtype, `${name}.dtype`),
    channels: optional(number)(json.channels, `${name}.channels`) ?? 1,
    shape: vec3(json.shape, `${name}.shape`),
    affine: array(json.affine, `${name}.affine`, (row, where) => array(row, where, number)),
    voxelSize: vec3(json.voxel_size_mm, `${name}.voxel_size_mm`),
    levels: array(json.levels ?? [], `${name}.levels`, (item, where) =>
      vec3(record(item, where).voxel_size_mm, `${where}.voxel_size_mm`),
    ),
    space: optional(string)(json.space, `${name}.space`) ?? "",
    bounds: bounds(json.bounds_mm, `${name}.bounds_mm`),
    valueRange: optional(range)(json.value_range, `${name}.value_range`),
    percentiles: new Map(
      Object.entries(percentiles).flatMap(([key, at]) =>
        typeof at === "number" && Number.isFinite(at) ? [[key, at] as const] : [],
      ),
    ),
    licence: words(json.licence, `${name}.licence`),
    citation: words(json.citation, `${name}.citation`),
    source: {
      format: engine.format === "zarr2" ? "zarr2" : "zarr3",
      path: string(engine.source, `${name}.neuroglancer.source`),
      transform: engine.transform ?? null,
    },
    precomputed: {
      format: "precomputed",
      path: string(transcoded.source, `${name}.precomputed.source`),
      transform: transcoded.transform ?? null,
    },
  };
}

export function atlas(value: unknown, what: string): Atlas {
  const json = record(value, what);
  const name = string(json.id, `${what}.id`);
  return {
    id: name,
    name: words(json.name, `${name}.name`) ?? name,
    species: words(json.species, `${name}.species`),
    citation: words(json.citation, `${name}.citation`),
    licence: words(json.licence, `${name}.licence`),
    space: optional(string)(json.space, `${name}.space`) ?? "",
    templates: array(json.templates, `${name}.templates`, string),
    parcellations: array(json.parcellations, `${name}.parcellations`, (item, where) => {
      const parcellation = record(item, where);
      const parcellationId = string(parcellation.id, `${where}.id`);
      return {
        id: parcellationId,
        name: words(parcellation.name, `${where}.name`) ?? parcellationId,
        labels: string(parcellation.labels, `${where}.labels`),
        hemispheres: words(parcellation.hemispheres, `${where}.hemispheres`),
        probabilities: optional((told, what) => string(record(told, what).volume, what))(
          parcellation.probabilities,
          `${where}.probabilities`,
        ),
      };
    }),
  };
}

export function region(value: unknown, what: string): Region {
  const json = record(value, what);
  const name = id(json.id, `${what}.id`);
  const side = json.hemisphere;
  return {
    id: name,
    acronym: optional(string)(json.acronym, `region ${name}.acronym`) ?? "",
    name: words(json.name, `region ${name}.name`) ?? name,
    rgb: rgb(json.rgb, `region ${name}.rgb`),
    parent: optional(id)(json.parent, `region ${name}.parent`),
    path: array(json.path ?? [], `region ${name}.path`, id),
    label: optional(label)(json.label, `region ${name}.label`),
    hemisphere: side === "left" || side === "right" ? side : null,
  };
}

function counted(value: unknown, what: string): readonly [string, number] {
  const json = record(value, what);
  return [id(json.id, `${what}.id`), number(json.voxels, `${what}.voxels`)];
}

function hit(value: unknown, what: string): Hit {
  const match = optional(record)(record(value, what).match, `${what}.match`) ?? {};
  return {
    region: region(value, what),
    field: optional(string)(match.field, `${what}.match.field`) ?? "name",
    kind: optional(string)(match.kind, `${what}.match.kind`) ?? "words",
  };
}

function neighbour(value: unknown, what: string): Neighbour {
  const area = number(record(value, what).area_mm2, `${what}.area_mm2`);
  return { region: region(value, what), areaMm2: area };
}

function sides(value: unknown, what: string): { left: number; right: number } {
  const json = record(value, what);
  const of = (side: string) =>
    number(record(json[side], `${what}.${side}`).volume_mm3, `${what}.${side}.volume_mm3`);
  return { left: of("left"), right: of("right") };
}

function probabilityMap(value: unknown, what: string): ProbabilityMap {
  const json = record(value, what);
  return {
    volume: string(json.volume, `${what}.volume`),
    channel: number(json.channel, `${what}.channel`),
    unit: number(json.unit, `${what}.unit`),
  };
}

export function regionDetails(value: unknown, what: string): RegionDetails {
  const json = record(value, what);
  return {
    region: region(value, what),
    volumeMm3: optional(number)(json.volume_mm3, `${what}.volume_mm3`),
    centroid: optional(vec3)(json.centroid, `${what}.centroid`),
    box: optional(bounds)(json.bounding_box, `${what}.bounding_box`),
    hemispheres: optional(sides)(json.hemispheres, `${what}.hemispheres`),
    share: optional(number)(json.share_of_parent, `${what}.share_of_parent`),
    neighbours: array(json.neighbours ?? [], `${what}.neighbours`, neighbour),
    synonyms: array(json.synonyms ?? [], `${what}.synonyms`, string),
    description: words(json.description, `${what}.description`) ?? "",
    citation: words(json.citation, `${what}.citation`),
    licence: words(json.licence, `${what}.licence`),
    links: Object.fromEntries(
      Object.entries(record(json.links ?? {}, `${what}.links`)).map(([name, path]) => [
        name,
        string(path, `${what}.links.${name}`),
      ]),
    ),
    map: optional(probabilityMap)(json.probability_map, `${what}.probability_map`),
  };
}
