/** A shape being drawn, click by click; pure. */

import type { Vec3 } from "../geometry";
import { isWhole, type Points, type Shape, shapeOf } from "./shapes";

export interface Draft {
  readonly type: Shape;
  readonly clicks: Points;
  /** Where the next click would be. */
  readonly hover: Vec3 | null;
}

export function startDraft(type: Shape): Draft {
  return { type, clicks: [], hover: null };
}

export function hovered(draft: Draft, hover: Vec3 | null): Draft {
  return { ...draft, hover };
}

/** Another click; the second of a double click adds nothing. */
export function clicked(draft: Draft, at: Vec3): Draft {
  const last = draft.clicks.at(-1);
  const same = last?.every((value, i) => value === at[i]);
  return same ? draft : { ...draft, clicks: [...draft.clicks, at] };
}

/** The last click taken back. */
export function shortened(draft: Draft): Draft {
  return { ...draft, clicks: draft.clicks.slice(0, -1) };
}

/** The shape, where the last click made it whole. */
export function wholeOf({ type, clicks }: Draft): Points | null {
  return isWhole(type, clicks.length) ? shapeOf(type, clicks) : null;
}

/** The shape as it would be if drawing ended here. */
export function endedOf({ type, clicks }: Draft): Points | null {
  return shapeOf(type, clicks);
}

/** What is shown of it: the shape as the next click would make it, or the path so far. */
export function shownOf({ type, clicks, hover }: Draft): { type: Shape; points: Points } | null {
  const all = hover ? [...clicks, hover] : clicks;
  if (clicks.length === 0) return null;
  const shape = shapeOf(type, all);
  if (shape) return { type, points: shape };
  return all.length === 1 ? { type: "point", points: all } : { type: "polyline", points: all };
}
