/** The little head in a panel's corner: it turns as the panel's plane does. */

import { dot, type Vec3 } from "../geometry";
import { look, type Shape, type Stroke } from "../head";
import type { Axes } from "../panels";
import { svg, toggleAttribute } from "./dom";

/** Where nobody knows a head: the body's directions. */
const DIRECTIONS: readonly (readonly [string, Vec3])[] = [
  ["R", [1, 0, 0]],
  ["A", [0, 1, 0]],
  ["S", [0, 0, 1]],
];

export class HeadMark {
  readonly element = svg("svg", { class: "head", viewBox: "-1.35 -1.35 2.7 2.7" });

  private readonly far = svg("path", { class: "far" });
  private readonly near = svg("path", { class: "near" });
  private readonly letters = DIRECTIONS.map(([letter]) => {
    const text = svg("text", { "text-anchor": "middle", dy: "0.12" });
    text.textContent = letter;
    return text;
  });

  constructor() {
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.far, this.near, ...this.letters);
  }

  show(shape: Shape | null, axes: Axes): void {
    const strokes = look(shape ?? { lines: DIRECTIONS.map(([, end]) => [[0, 0, 0], end]) }, axes);
    const d = (far: boolean) =>
      strokes
        .filter((stroke) => stroke.far === far)
        .map(path)
        .join("");
    toggleAttribute(this.far, "d", d(true));
    toggleAttribute(this.near, "d", d(false));
    this.letters.forEach((text, i) => {
      const [, end] = DIRECTIONS[i] as (typeof DIRECTIONS)[number];
      const [x, y] = [dot(end, axes.right), dot(end, axes.down)];
      toggleAttribute(text, "x", (1.15 * x).toFixed(3));
      toggleAttribute(text, "y", (1.15 * y).toFixed(3));
      toggleAttribute(text, "visibility", shape || Math.hypot(x, y) < 0.3 ? "hidden" : null);
    });
  }
}

function path({ points }: Stroke): string {
  return points
    .map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(3)} ${y.toFixed(3)}`)
    .join("");
}
