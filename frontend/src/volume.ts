/** A volume, as the server describes it. */

import type { Bounds, Vec3 } from "./geometry";
import { array, bounds, number, optional, range, record, string, vec3, words, wrong } from "./json";

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
