/** What each voxel of the labels is drawn as, and which surfaces are shown; pure. */

import { hex, type Region, type RegionTree } from "./regions";
import type { Style } from "./state";

/** How an atlas tells left from right: by a volume of its own, by what it says of regions. */
export type Sided = "volume" | "regions" | null;

/** What is known of the regions beyond their table, as far as it is there. */
export interface Dress {
  /** Colours of the chosen palette by id; `null` is the atlas's own. */
  readonly palette: ReadonlyMap<string, Region["rgb"]> | null;
  /** How many voxels each region has with all below it; `null` until it is known. */
  readonly voxels: ReadonlyMap<string, number> | null;
  readonly sided: Sided;
}

export const UNDRESSED: Dress = { palette: null, voxels: null, sided: null };

/** A surface in the 3D panel. */
export interface Solid {
  readonly segment: bigint;
  readonly region: string;
}

export interface Drawn {
  /** The region that a voxel value is drawn as; `null` where it is not drawn. */
  readonly regions: ReadonlyMap<bigint, Region | null>;
  /** Voxel values that are drawn as one, as their least; those with 0 are not drawn. */
  readonly joined: readonly (readonly bigint[])[];
  /** Colour by the value that a group is drawn as. */
  readonly colors: ReadonlyMap<bigint, string>;
  /** The values drawn in full, the others faintly; `null` is all. */
  readonly full: readonly bigint[] | null;
  readonly solids: readonly Solid[];
  /** Colour by segment. */
  readonly solidColors: ReadonlyMap<bigint, string>;
  /** Where the tree is cut for the surfaces alone, since more would not turn smoothly. */
  readonly joinedAt: number | null;
  /** Surfaces that are left out since even so there are too many. */
  readonly leftOut: number;
  /** Segments whose surfaces together are the outside of the brain. */
  readonly shell: readonly bigint[];
}

export const NOTHING_DRAWN: Drawn = {
  regions: new Map(),
  joined: [],
  colors: new Map(),
  full: null,
  solids: [],
  solidColors: new Map(),
  joinedAt: null,
  leftOut: 0,
  shell: [],
};

/** Surfaces at once. */
export const MOST_SOLIDS = 300;

type Choice = Pick<
  Style,
  "selected" | "depth" | "colors" | "hidden" | "isolate" | "side" | "solids"
>;

/** Colour of a region: chosen for it or for what it is part of, of the palette, its own. */
export function colorOf(
  tree: RegionTree,
  region: Region,
  { colors }: Pick<Style, "colors">,
  { palette }: Dress,
): string {
  for (const at of [region, ...tree.ancestorsOf(region).reverse()]) {
    const chosen = colors[at.id];
    if (chosen !== undefined) return chosen;
  }
  return hex(palette?.get(region.id) ?? region.rgb);
}

export function drawnOf(tree: RegionTree, style: Choice, dress: Dress): Drawn {
  const hidden = new Set(tree.labelsOf(style.hidden));
  const chosen = style.selected.length > 0 ? new Set(tree.labelsOf(style.selected)) : null;
  const other =
    dress.sided === "regions" && style.side !== null
      ? style.side === "left"
        ? "right"
        : "left"
      : null;
  const regions = new Map<bigint, Region | null>();
  const groups = new Map<string, { region: Region | null; chosen: boolean; labels: bigint[] }>();
  const put = (label: bigint, region: Region | null) => {
    // What is selected of a region that is drawn as one is drawn stronger than the rest of it.
    const strong = chosen?.has(label) ?? true;
    const key = region ? `${strong} ${region.id}` : "";
    const group = groups.get(key);
    if (group) group.labels.push(label);
    else groups.set(key, { region, chosen: strong, labels: [label] });
  };
  put(0n, null);
  for (const region of tree.regions) {
    const { label } = region;
    if (label === null || label === 0n) continue;
    const gone =
      hidden.has(label) ||
      (other !== null && region.hemisphere === other) ||
      (style.isolate && chosen !== null && !chosen.has(label));
    const as = gone ? null : tree.cut(region, style.depth);
    regions.set(label, as);
    put(label, as);
  }
  const colors = new Map<bigint, string>();
  const full: bigint[] = [];
  for (const group of groups.values()) {
    if (group.region === null) continue;
    // The engine draws joined values as the least of them.
    const [least = 0n] = [...group.labels].sort((a, b) => (a < b ? -1 : 1));
    colors.set(least, colorOf(tree, group.region, style, dress));
    if (chosen && group.chosen) full.push(least);
  }
  const solids = fewSolids(tree, style, dress, regions, chosen);
  return {
    regions,
    joined: [...groups.values()].flatMap(({ labels }) => (labels.length > 1 ? [labels] : [])),
    colors,
    full: chosen === null ? null : full,
    ...solids,
    solidColors: new Map(
      solids.solids.flatMap(({ segment, region }) => {
        const found = tree.get(region);
        return found ? [[segment, colorOf(tree, found, style, dress)]] : [];
      }),
    ),
    shell: shellOf(tree, dress),
  };
}

/** What is drawn of labels that no table tells of: what is selected are values. */
export function drawnWithout({ selected, hidden }: Choice): Drawn {
  const values = (ids: readonly string[]) => ids.filter((id) => /^\d+$/.test(id)).map(BigInt);
  return {
    ...NOTHING_DRAWN,
    joined: hidden.length > 0 ? [[0n, ...values(hidden)]] : [],
    full: selected.length > 0 ? values(selected) : null,
  };
}

/** So many surfaces at most: of regions higher in the tree if need be, or else the largest. */
function fewSolids(
  tree: RegionTree,
  { solids, selected }: Choice,
  { voxels }: Dress,
  drawn: ReadonlyMap<bigint, Region | null>,
  chosen: ReadonlySet<bigint> | null,
): Pick<Drawn, "solids" | "joinedAt" | "leftOut"> {
  const none = solids === "none" || (solids === "selected" && selected.length === 0);
  if (voxels === null || none) return { solids: [], joinedAt: null, leftOut: 0 };
  const all = solidsOf(tree, voxels, drawn, chosen);
  let depth = all.length > MOST_SOLIDS ? tree.deepest : 0;
  while (depth-- > 0) {
    const higher = new Map(
      [...drawn].map(([label, region]) => [label, region && tree.cut(region, depth)]),
    );
    const fewer = solidsOf(tree, voxels, higher, chosen);
    if (fewer.length <= MOST_SOLIDS) return { solids: fewer, joinedAt: depth, leftOut: 0 };
  }
  return {
    solids: all.slice(0, MOST_SOLIDS),
    joinedAt: null,
    leftOut: Math.max(0, all.length - MOST_SOLIDS),
  };
}

/** The surfaces of regions that are drawn, the largest first. */
function solidsOf(
  tree: RegionTree,
  voxels: ReadonlyMap<string, number>,
  drawn: ReadonlyMap<bigint, Region | null>,
  chosen: ReadonlySet<bigint> | null,
): Solid[] {
  const labels = new Map<Region, bigint[]>();
  for (const [label, region] of drawn) {
    if (region === null || (chosen !== null && !chosen.has(label))) continue;
    const own = labels.get(region);
    if (own) own.push(label);
    else labels.set(region, [label]);
  }
  const found: (Solid & { readonly voxels: number })[] = [];
  for (const [region, own] of labels) {
    // The one surface of a grouping region goes around all below it: drawn only if all of it is.
    const whole = region.label === null && own.length === tree.labelsOf([region.id]).length;
    const segment = whole ? tree.segmentOf(region) : null;
    for (const label of segment === null ? own : [segment]) {
      const count = voxels.get(tree.withSegment(label)?.id ?? "") ?? 0;
      if (count > 0) found.push({ segment: label, region: region.id, voxels: count });
    }
  }
  found.sort((a, b) => b.voxels - a.voxels);
  return found.map(({ segment, region }) => ({ segment, region }));
}

/** The surfaces of the topmost regions that have one. */
function shellOf(tree: RegionTree, { voxels }: Dress): bigint[] {
  const segments: bigint[] = [];
  const pending = [...tree.childrenOf(null)];
  for (let at = pending.pop(); at && segments.length < 16; at = pending.pop()) {
    if (voxels === null || (voxels.get(at.id) ?? 0) === 0) continue;
    const segment = tree.segmentOf(at);
    // A labelled region's own segment is its own voxels alone.
    if (segment !== null && (at.label === null || tree.childrenOf(at.id).length === 0)) {
      segments.push(segment);
    } else pending.push(...tree.childrenOf(at.id));
  }
  return segments;
}
