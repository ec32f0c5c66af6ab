/** Points and lines of the hand at work, over the panels: what is measured, what a plane goes through. */

import { dot, type Vec3 } from "../geometry";
import { placeOn } from "../measure";
import type { Panel } from "../panels";
import type { Camera } from "../state";
import { svg } from "./dom";

export interface Mark {
  readonly points: readonly Vec3[];
  /** Written at the middle of it. */
  readonly label: string;
}

export class HandMarks {
  readonly element = svg("svg", { class: "hand-marks", "aria-hidden": "true" });

  show(marks: readonly Mark[], panels: readonly Panel[], camera: Camera): void {
    this.element.replaceChildren(
      ...(marks.length > 0 ? panels : []).flatMap((panel, i) => {
        const { axes } = panel;
        if (!axes) return [];
        const { left, top, width, height } = panel;
        const clip = svg("clipPath", { id: `panel-${i}` });
        const box = { x: String(left), y: String(top) };
        clip.append(svg("rect", { ...box, width: String(width), height: String(height) }));
        const group = svg("g", { "clip-path": `url(#panel-${i})` });
        for (const mark of marks) {
          const places = mark.points.map((point) => placeOn({ ...panel, axes }, camera, point));
          const joined = places.map((place) => place.map((v) => v.toFixed(1)).join(",")).join(" ");
          group.append(svg("polyline", { class: "under", points: joined }));
          group.append(svg("polyline", { points: joined }));
          mark.points.forEach((point, j) => {
            const [x = 0, y = 0] = places[j] ?? [];
            // What is not in the plane itself is drawn fainter.
            const depth = dot(axes.normal, point) - dot(axes.normal, camera.at);
            const off = Math.abs(depth) > 2 * camera.zoom ? "off" : "on";
            group.append(svg("circle", { class: off, cx: String(x), cy: String(y), r: "4" }));
          });
          if (mark.label !== "") group.append(label(mark.label, places));
        }
        return [clip, group];
      }),
    );
  }
}

function label(text: string, places: readonly (readonly [number, number])[]): SVGElement {
  const last = places.at(-1) ?? [0, 0];
  const before = places.at(-2) ?? last;
  const middle = { x: (last[0] + before[0]) / 2, y: (last[1] + before[1]) / 2 - 8 };
  const at = { x: middle.x.toFixed(1), y: middle.y.toFixed(1) };
  const element = svg("text", { ...at, "text-anchor": "middle" });
  element.textContent = text;
  return element;
}
