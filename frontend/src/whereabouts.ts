/** What there is at a point: regions, values, and its coordinates in every frame. */

import { type Affine, applied, IDENTITY } from "./affine";
import type { Api } from "./api";
import { ApiError } from "./apierror";
import type { Vec3 } from "./geometry";
import { array, number, optional, record, string, vec3 } from "./json";
import { region } from "./regionfacts";
import type { Region } from "./regions";

/** A region at a point, with those that hold it, the largest first. */
export interface Assigned {
  readonly region: Region;
  readonly ancestors: readonly Region[];
  /** From maps of probability; `null` where there are none. */
  readonly probability: number | null;
}

export interface Value {
  /** In words: one value a channel. */
  readonly value: string;
  readonly voxel: Vec3;
}

/** Coordinates other than those of the space that is shown. */
export interface Frame {
  /** Id of an origin, or `space:` and the id of another space. */
  readonly id: string;
  readonly name: string;
  /** An origin in the same space, and not a space of its own. */
  readonly own: boolean;
  /** From the space shown into this one, three rows of four. */
  readonly matrix: Affine;
  /** By which transforms, or from which source. */
  readonly by: string;
  /** How far it is to be trusted. */
  readonly accuracy: string;
}

/** A reference space, and the frames that its points may be written in. */
export interface Space {
  readonly id: string;
  readonly name: string;
  readonly frames: readonly Frame[];
}

/** How one gets from one space to another. */
export interface Way {
  readonly matrix: Affine;
  readonly by: string;
  readonly accuracy: string;
}

export function inFrame({ matrix }: Frame, point: Vec3): Vec3 {
  return applied(matrix, point);
}

export class Whereabouts {
  private readonly known = new Map<string, Promise<Space | null>>();

  constructor(private readonly api: Api) {}

  async regions(
    atlas: string,
    parcellation: string,
    point: Vec3,
    signal: AbortSignal,
  ): Promise<Assigned[]> {
    const query = new URLSearchParams({ parcellation, point: said(point) });
    const path = `api/atlases/${encodeURIComponent(atlas)}/assign?${query}`;
    const { json } = await this.api.ask("GET", path, { signal });
    return array(record(json, "it").assignments, "assignments", (item, what) => {
      const { region: here, ancestors, probability } = record(item, what);
      return {
        region: region(here, `${what}.region`),
        ancestors: array(ancestors ?? [], `${what}.ancestors`, region),
        probability: optional(number)(probability, `${what}.probability`),
      };
    });
  }

  /** The voxel that holds a point; `null` outside. */
  async value(volume: string, point: Vec3, signal: AbortSignal): Promise<Value | null> {
    const path = `api/volumes/${encodeURIComponent(volume)}/value?point=${said(point)}`;
    try {
      const json = record((await this.api.ask("GET", path, { signal })).json, "it");
      const values = Array.isArray(json.value) ? json.value : [json.value];
      return { value: values.map(String).join(", "), voxel: vec3(json.voxel, "voxel") };
    } catch (error) {
      if (error instanceof ApiError && (error.status === 400 || error.status === 404)) return null;
      throw error;
    }
  }

  /** The frames that a space is related to. */
  async frames(space: string): Promise<readonly Frame[]> {
    return (await this.space(space))?.frames ?? [];
  }

  /** A space by its name, asked for once; `null` where the server knows none of that name. */
  space(name: string): Promise<Space | null> {
    let found = this.known.get(name);
    if (!found) {
      found = this.askSpace(name);
      this.known.set(name, found);
      found.catch(() => this.known.delete(name));
    }
    return found;
  }

  /** How one gets from one space to another; `null` where nothing leads there. */
  async way(from: string, to: string): Promise<Way | null> {
    const [here, there] = await Promise.all([this.space(from), this.space(to)]);
    if (from === to || (here && here.id === there?.id)) {
      return { matrix: IDENTITY, by: "", accuracy: "" };
    }
    return here?.frames.find(({ id }) => id === `space:${there?.id}`) ?? null;
  }

  private async askSpace(name: string): Promise<Space | null> {
    // Whoever asks first may go away: the answer is for all.
    const { signal } = new AbortController();
    try {
      const path = `api/spaces/${encodeURIComponent(name)}`;
      const json = record((await this.api.ask("GET", path, { signal })).json, "the space");
      const own = array(json.origins ?? [], "origins", (item, what) => frame(item, what, true));
      const other = array(json.related ?? [], "related", (item, what) => frame(item, what, false));
      return {
        id: string(json.id, "the space's id"),
        name: string(json.name, "the space's name"),
        frames: [...own, ...other],
      };
    } catch (error) {
      // A space that nobody has described has no other frames.
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }
}

function frame(value: unknown, what: string, own: boolean): Frame {
  const json = record(value, what);
  const way = array(json.path ?? [], `${what}.path`, (step, where) =>
    optional(string)(record(step, where).accuracy, `${where}.accuracy`),
  );
  const accuracy = [optional(string)(json.accuracy, `${what}.accuracy`), ...way];
  const steps = array(json.path ?? [], `${what}.path`, (step, where) =>
    string(record(step, where).transform, `${where}.transform`),
  );
  const id = string(json.id, `${what}.id`);
  return {
    id: own ? id : `space:${id}`,
    by: own ? (optional(string)(json.citation, `${what}.citation`) ?? "") : steps.join(", "),
    name: string(json.name, `${what}.name`),
    own,
    matrix: array(json.matrix, `${what}.matrix`, (row, where) => array(row, where, number)),
    accuracy: [...new Set(accuracy)].filter((words) => words).join(" "),
  };
}

function said(point: Vec3): string {
  return point.map((value) => String(Number(value.toFixed(7)) + 0)).join(",");
}
