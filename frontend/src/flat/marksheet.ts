/** Annotations over the planes that are drawn without the engine. */

import { colorOf, css, type DrawnSet } from "../marks/paint";
import { type PanelMap, type Spot, spotOf } from "../marks/project";
import { outlineOf, type Points, type Shape } from "../marks/shapes";
import { h } from "../ui/dom";
import type { PickedMark } from "../viewer/marklayers";
import { type Streamed, Streams } from "./streams";

/** Farther than this from the plane, in pixels, a part of an annotation is not drawn. */
const NEAR = 8;
/** Within so many pixels of it an annotation is under the mouse. */
const REACH = 6;
const DOT = 4.5;
/** Of one among many. */
const SMALL = 2.5;

/** What is drawn of an annotation in one panel. */
interface Trace {
  readonly picked: PickedMark;
  readonly color: string;
  /** Pixels of the map; a line of one spot is a dot. */
  readonly line: readonly { readonly x: number; readonly y: number }[];
  readonly small: boolean;
}

export class MarkSheet {
  readonly element = h("canvas", { class: "pane-marks", "aria-hidden": "true" });
  private sets: readonly DrawnSet[] = [];
  private traces: readonly Trace[] = [];
  private readonly streams: Streams;

  /** `onMore` is told when there is more to be drawn. */
  constructor(onMore: () => void) {
    this.streams = new Streams(onMore);
  }

  /** Is all here that the planes show? */
  get complete(): boolean {
    return this.streams.complete;
  }

  show(sets: readonly DrawnSet[]): void {
    this.sets = sets;
  }

  /** Draw what lies on the planes now. */
  draw(maps: readonly PanelMap[], width: number, height: number): void {
    const { element } = this;
    const density = window.devicePixelRatio;
    element.width = Math.round(width * density);
    element.height = Math.round(height * density);
    const streamed = this.streams.near(this.sets, maps, NEAR);
    this.traces = [...streamedTraces(streamed, maps), ...tracesOf(this.sets, maps)];
    const pen = element.getContext("2d");
    if (!pen) return;
    pen.scale(density, density);
    pen.lineJoin = "round";
    pen.lineCap = "round";
    for (const { color, line, small } of this.traces) {
      const [first] = line;
      if (!first) continue;
      pen.beginPath();
      if (line.length === 1) pen.arc(first.x, first.y, small ? SMALL : DOT, 0, 2 * Math.PI);
      else for (const { x, y } of line) pen.lineTo(x, y);
      pen.strokeStyle = "rgb(0 0 0 / 75%)";
      pen.lineWidth = line.length > 1 ? 5 : small ? 1 : 2;
      pen.stroke();
      if (line.length === 1) {
        pen.fillStyle = color;
        pen.fill();
      } else {
        pen.strokeStyle = color;
        pen.lineWidth = 2.5;
        pen.stroke();
      }
    }
  }

  /** The annotation at a pixel of the map. */
  at(x: number, y: number): PickedMark | null {
    const hit = this.traces.findLast(({ line }) => awayFrom(line, x, y) <= REACH);
    return hit?.picked ?? null;
  }
}

/** The parts of annotations that lie on the planes of panels; pure. */
export function tracesOf(sets: readonly DrawnSet[], maps: readonly PanelMap[]): Trace[] {
  const traces: Trace[] = [];
  for (const { id, marks, coloring } of sets) {
    for (const mark of marks) {
      const picked = { set: id, item: mark.id, place: null };
      const color = css(colorOf(mark, coloring));
      for (const line of linesOf(mark, maps)) traces.push({ picked, color, line, small: false });
    }
  }
  return traces;
}

function streamedTraces(streamed: readonly Streamed[], maps: readonly PanelMap[]): Trace[] {
  return streamed.flatMap((one) => {
    const color = css(one.rgb);
    return linesOf(one, maps).map((line) => ({ picked: one.picked, color, line, small: true }));
  });
}

/** The lines of a shape on the planes, in pixels of the map. */
function linesOf(
  { type, points }: { readonly type: Shape; readonly points: Points },
  maps: readonly PanelMap[],
): Trace["line"][] {
  const lines = type === "point" ? [points] : outlineOf(type, points);
  return maps.flatMap((map) =>
    lines.flatMap((line) =>
      partsNear(line.map((point) => spotOf(map, point)))
        .filter((part) =>
          part.some(({ x, y }) => x >= 0 && y >= 0 && x <= map.width && y <= map.height),
        )
        .map((part) => part.map(({ x, y }) => ({ x: x + map.left, y: y + map.top }))),
    ),
  );
}

/** The runs of a line that are near the plane. */
function partsNear(line: readonly (Spot | null)[]): Spot[][] {
  const parts: Spot[][] = [];
  let part: Spot[] = [];
  for (const spot of [...line, null]) {
    if (spot && Math.abs(spot.depth) <= NEAR) part.push(spot);
    else {
      if (part.length > 1 || (part.length === 1 && line.length === 1)) parts.push(part);
      part = [];
    }
  }
  return parts;
}

function awayFrom(line: Trace["line"], x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  line.forEach((to, i) => {
    const from = line[Math.max(0, i - 1)] ?? to;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    const share = length === 0 ? 0 : ((x - from.x) * dx + (y - from.y) * dy) / length;
    const along = Math.min(1, Math.max(0, share));
    least = Math.min(least, Math.hypot(x - from.x - along * dx, y - from.y - along * dy));
  });
  return least;
}
