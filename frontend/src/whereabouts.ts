/** What there is at a point: regions, values, and its coordinates in every frame. */

import { type Api, ApiError, array, number, optional, record, region, string, vec3 } from "./api";
import type { Vec3 } from "./geometry";
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
  readonly name: string;
  /** An origin in the same space, and not a space of its own. */
  readonly own: boolean;
  /** From the space shown into this one, three rows of four. */
  readonly matrix: readonly (readonly number[])[];
  /** How far it is to be trusted. */
  readonly accuracy: string;
}

export function inFrame({ matrix }: Frame, [x, y, z]: Vec3): Vec3 {
  const [a, b, c] = matrix.map((row) => {
    const [i = 0, j = 0, k = 0, shift = 0] = row;
    return i * x + j * y + k * z + shift;
  });
  return [a ?? 0, b ?? 0, c ?? 0];
}

export class Whereabouts {
  private readonly known = new Map<string, Promise<readonly Frame[]>>();

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

  /** The frames that a space is related to: asked for once. */
  frames(space: string, signal: AbortSignal): Promise<readonly Frame[]> {
    let found = this.known.get(space);
    if (!found) {
      found = this.askFrames(space, signal);
      this.known.set(space, found);
      found.catch(() => this.known.delete(space));
    }
    return found;
  }

  private async askFrames(space: string, signal: AbortSignal): Promise<readonly Frame[]> {
    try {
      const path = `api/spaces/${encodeURIComponent(space)}`;
      const json = record((await this.api.ask("GET", path, { signal })).json, "the space");
      const own = array(json.origins ?? [], "origins", (item, what) => frame(item, what, true));
      const other = array(json.related ?? [], "related", (item, what) => frame(item, what, false));
      return [...own, ...other];
    } catch (error) {
      // A space that nobody has described has no other frames.
      if (error instanceof ApiError && error.status === 404) return [];
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
  return {
    name: string(json.name, `${what}.name`),
    own,
    matrix: array(json.matrix, `${what}.matrix`, (row, where) => array(row, where, number)),
    accuracy: accuracy.filter((words) => words).join(" "),
  };
}

function said(point: Vec3): string {
  return point.map((value) => String(Number(value.toFixed(7)) + 0)).join(",");
}
