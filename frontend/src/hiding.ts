/** Which regions are hidden, a parent meaning all below it; pure. */

import type { RegionTree } from "./regions";

/** Is a region hidden, itself or with what it is part of? */
export function isHidden(tree: RegionTree, hidden: ReadonlySet<string>, id: string): boolean {
  return pathOf(tree, id).some((above) => hidden.has(above));
}

/** Hide these regions, or show them again where they all are hidden. */
export function toggledHidden(
  tree: RegionTree,
  hidden: readonly string[],
  ids: readonly string[],
): string[] {
  const all = ids.every((id) => isHidden(tree, new Set(hidden), id));
  return ids.reduce<string[]>(
    (now, id) => (all ? shown(tree, now, id) : hide(tree, now, id)),
    [...hidden],
  );
}

function hide(tree: RegionTree, hidden: string[], id: string): string[] {
  if (isHidden(tree, new Set(hidden), id)) return hidden;
  return [...without(tree, hidden, id), id];
}

/** Of what hid the region from above, all else stays hidden. */
function shown(tree: RegionTree, hidden: string[], id: string): string[] {
  let now = without(tree, hidden, id);
  const path = pathOf(tree, id);
  for (let i = 0; i < path.length - 1; i++) {
    const above = path[i];
    if (above === undefined || !now.includes(above)) continue;
    const others = tree.childrenOf(above).map((child) => child.id);
    now = [...now.filter((other) => other !== above), ...others];
  }
  return now.filter((other) => other !== id);
}

function without(tree: RegionTree, hidden: readonly string[], id: string): string[] {
  return hidden.filter((other) => !pathOf(tree, other).includes(id));
}

/** A region's ancestors and itself, the root first. */
function pathOf(tree: RegionTree, id: string): string[] {
  const region = tree.get(id);
  return region ? [...tree.ancestorsOf(region).map((above) => above.id), id] : [id];
}
