/** Regions of one parcellation found again in another; pure. */

import type { Region, RegionTree } from "./regions";

export interface Counterparts {
  /** From the id in the one to the id in the other. */
  readonly found: ReadonlyMap<string, string>;
  /** Names of those that the other has not. */
  readonly lost: readonly string[];
}

/**
 * The same region has the same name, or the same id and acronym. An acronym alone tells little
 * between species: PT is a part of the cortex in one and of the thalamus in another.
 */
export function counterparts(
  from: RegionTree | null,
  to: RegionTree | null,
  ids: readonly string[],
  acronyms: boolean,
): Counterparts {
  const found = new Map<string, string>();
  const lost: string[] = [];
  const byName = index(to, ({ name }) => name.toLowerCase());
  const byAcronym = acronyms ? index(to, ({ acronym }) => acronym) : new Map<string, Region>();
  for (const id of ids) {
    const region = from?.get(id);
    const twin = to?.get(id);
    const other = region
      ? (byName.get(region.name.toLowerCase()) ??
        (twin?.acronym === region.acronym ? twin : byAcronym.get(region.acronym)))
      : undefined;
    if (other) found.set(id, other.id);
    else lost.push(region?.name ?? id);
  }
  return { found, lost };
}

function index(tree: RegionTree | null, key: (region: Region) => string): Map<string, Region> {
  const found = new Map<string, Region>();
  for (const region of tree?.regions ?? []) {
    const text = key(region);
    if (text !== "" && !found.has(text)) found.set(text, region);
  }
  return found;
}
