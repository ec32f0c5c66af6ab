/** What the server knows of regions: their table, what a search finds, and one region in full. */

import type { Bounds, Vec3 } from "./geometry";
import {
  array,
  bounds,
  id,
  label,
  number,
  optional,
  record,
  rgb,
  string,
  vec3,
  words,
} from "./json";
import type { Region } from "./regions";

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
  /** Directions at right angles: the longest of the region first, its thinnest last. */
  readonly axes: readonly Vec3[];
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

export function counted(value: unknown, what: string): readonly [string, number] {
  const json = record(value, what);
  return [id(json.id, `${what}.id`), number(json.voxels, `${what}.voxels`)];
}

export function hit(value: unknown, what: string): Hit {
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
    axes: array(json.axes ?? [], `${what}.axes`, vec3),
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
