/** The points of a file on the map: drawn as annotations are, and kept nowhere; pure. */

import type { Vec3 } from "../geometry";
import type { Mark } from "./mark";
import { type DrawnSet, OWN } from "./paint";

/** What they are called among the sets that are drawn. */
export const DROPPED = "dropped";

/** Each is named by the number of its row; one without a place is not drawn. */
export function droppedSet(points: readonly (Vec3 | null)[]): DrawnSet {
  const marks = points.flatMap((point, row): Mark[] => (point ? [markOf(point, row)] : []));
  return { id: DROPPED, marks, coloring: OWN, stream: null };
}

function markOf(point: Vec3, row: number): Mark {
  return {
    type: "point",
    points: [point],
    label: "",
    text: "",
    color: null,
    tags: [],
    author: "",
    properties: {},
    id: String(row),
    revision: 0,
    seq: row,
    region: null,
    created: "",
    updated: "",
  };
}
