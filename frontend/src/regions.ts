/** The tree of regions of a parcellation; pure. */

export interface Region {
  readonly id: string;
  readonly acronym: string;
  readonly name: string;
  readonly rgb: readonly [number, number, number];
  readonly parent: string | null;
  readonly path: readonly string[];
  /** The value of the region's voxels; `null` for a region that only groups others. */
  readonly label: bigint | null;
  readonly hemisphere: "left" | "right" | null;
}

export interface Row {
  readonly region: Region;
  readonly depth: number;
  readonly expandable: boolean;
  readonly expanded: boolean;
  /** Place among its siblings, from 1, and their number, as ARIA counts them. */
  readonly position: number;
  readonly siblings: number;
}

export class RegionTree {
  readonly regions: readonly Region[];
  private readonly byId = new Map<string, Region>();
  private readonly byLabel = new Map<bigint, Region>();
  private readonly byParent = new Map<string | null, Region[]>();

  constructor(regions: readonly Region[]) {
    this.regions = regions;
    for (const region of regions) {
      this.byId.set(region.id, region);
      if (region.label !== null) this.byLabel.set(region.label, region);
    }
    for (const region of regions) {
      // A region whose parent is not in this parcellation stands at the top.
      const parent = region.parent !== null && this.byId.has(region.parent) ? region.parent : null;
      const siblings = this.byParent.get(parent);
      if (siblings) siblings.push(region);
      else this.byParent.set(parent, [region]);
    }
  }

  get(id: string): Region | undefined {
    return this.byId.get(id);
  }

  withLabel(label: bigint): Region | undefined {
    return this.byLabel.get(label);
  }

  /** The ancestor of a region at a depth, a root being at 0; itself where it is not deeper. */
  cut(region: Region, depth: number | null): Region {
    if (depth === null) return region;
    return [...this.ancestorsOf(region), region][depth] ?? region;
  }

  /** Does the table say of regions which hemisphere they are in? */
  get hasSides(): boolean {
    return this.regions.some(({ hemisphere }) => hemisphere !== null);
  }

  private depth: number | null = null;

  /** How deep the deepest region lies; a root is at 0. */
  get deepest(): number {
    this.depth ??= this.deepestOf();
    return this.depth;
  }

  private deepestOf(): number {
    const depths = new Map<string, number>();
    const depthOf = (region: Region): number => {
      const known = depths.get(region.id);
      if (known !== undefined) return known;
      depths.set(region.id, 0);
      const parent = this.parentOf(region);
      const depth = parent ? depthOf(parent) + 1 : 0;
      depths.set(region.id, depth);
      return depth;
    };
    return this.regions.reduce((most, region) => Math.max(most, depthOf(region)), 0);
  }

  /**
   * The segment under which the server has a region's surface with all below it: the region's label,
   * or the id of one that only groups others, unless that is a label already.
   */
  segmentOf(region: Region): bigint | null {
    if (region.label !== null) return region.label;
    const id = /^\d+$/.test(region.id) ? BigInt(region.id) : null;
    return id === null || this.byLabel.has(id) ? null : id;
  }

  withSegment(segment: bigint): Region | undefined {
    return this.byLabel.get(segment) ?? this.byId.get(String(segment));
  }

  childrenOf(id: string | null): readonly Region[] {
    return this.byParent.get(id) ?? [];
  }

  parentOf(region: Region): Region | undefined {
    return region.parent === null ? undefined : this.byId.get(region.parent);
  }

  ancestorsOf(region: Region): Region[] {
    const ancestors: Region[] = [];
    for (let at = this.parentOf(region); at && !ancestors.includes(at); at = this.parentOf(at)) {
      ancestors.unshift(at);
    }
    return ancestors;
  }

  /** The labels of regions and of everything below them. */
  labelsOf(ids: Iterable<string>): bigint[] {
    const labels = new Set<bigint>();
    const seen = new Set<string>();
    const pending = [...ids];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const label = this.byId.get(id)?.label;
      if (label !== null && label !== undefined) labels.add(label);
      pending.push(...this.childrenOf(id).map((child) => child.id));
    }
    return [...labels];
  }

  /** The regions that a filter leaves: all words in name or acronym, and what these are part of. */
  filtered(text: string): ReadonlySet<string> {
    const words = folded(text)
      .split(/\s+/)
      .filter((word) => word !== "");
    const kept = new Set<string>();
    for (const region of this.regions) {
      const said = folded(`${region.name} ${region.acronym}`);
      if (!words.every((word) => said.includes(word))) continue;
      for (const { id } of [region, ...this.ancestorsOf(region)]) kept.add(id);
    }
    return kept;
  }

  /**
   * The rows that show while these regions are expanded, in the tree's order; of a filter only what
   * it kept, as far open as there is something of it.
   */
  rows(expanded: ReadonlySet<string>, kept: ReadonlySet<string> | null = null): Row[] {
    const rows: Row[] = [];
    const below = (parent: string | null) => {
      const children = this.childrenOf(parent);
      return kept ? children.filter(({ id }) => kept.has(id)) : children;
    };
    const walk = (parent: string | null, depth: number) => {
      const children = below(parent);
      children.forEach((region, index) => {
        const expandable = below(region.id).length > 0;
        const open = expandable && (kept !== null || expanded.has(region.id));
        rows.push({
          region,
          depth,
          expandable,
          expanded: open,
          position: index + 1,
          siblings: children.length,
        });
        if (open) walk(region.id, depth + 1);
      });
    };
    walk(null, 0);
    return rows;
  }
}

/** Without case and accents. */
function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

export function hex(rgb: readonly [number, number, number]): string {
  return `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
