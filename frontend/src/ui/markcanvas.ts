/** What is being drawn, and what is held: over the map, in every panel. */

import type { Vec3 } from "../geometry";
import { add } from "../geometry";
import { type PanelMap, spotOf, stepOf } from "../marks/project";
import {
  handlesOf,
  moveAll,
  moveHandle,
  outlineOf,
  type Points,
  type Shape,
} from "../marks/shapes";
import { t } from "../words";
import { h } from "./dom";
import { measureText } from "./markwords";

const SVG = "http://www.w3.org/2000/svg";
/** Farther than this from the plane, in pixels, a shape is drawn faintly. */
const NEAR = 10;

export interface Held {
  readonly type: Shape;
  readonly points: Points;
  readonly color: string;
  /** Can it be taken elsewhere? */
  readonly free: boolean;
}

export interface CanvasEvents {
  /** A shape is being dragged; `done` at the end. */
  onMove(points: Points, done: boolean): void;
}

interface Layer {
  readonly svg: SVGSVGElement;
  readonly label: HTMLElement;
}

export class MarkCanvas {
  readonly element = h("div", { class: "mark-canvas" });
  private readonly layers: Layer[] = [];
  private maps: readonly PanelMap[] = [];
  private held: Held | null = null;
  private drawing: Held | null = null;
  /** While something is dragged nothing is taken away under the finger. */
  private dragging = false;

  constructor(private readonly events: CanvasEvents) {}

  place(maps: readonly PanelMap[]): void {
    this.maps = maps;
    this.draw();
  }

  /** `held` is chosen, and can be dragged; `drawing` is what the next click would make. */
  show(held: Held | null, drawing: Held | null): void {
    this.held = held;
    this.drawing = drawing;
    this.draw();
  }

  private draw(): void {
    while (this.layers.length < this.maps.length) this.layers.push(this.layer());
    this.layers.forEach((layer, i) => {
      const map = this.maps[i];
      const shown = this.drawing ?? this.held;
      layer.svg.toggleAttribute("hidden", !map || !shown);
      layer.svg.style.display = map && shown ? "" : "none";
      layer.label.hidden = true;
      if (!map || !shown) return;
      const { style } = layer.svg;
      style.left = `${map.left}px`;
      style.top = `${map.top}px`;
      style.width = `${map.width}px`;
      style.height = `${map.height}px`;
      this.fill(layer, map, shown);
    });
  }

  private fill({ svg, label }: Layer, map: PanelMap, shown: Held): void {
    const { type, points, color, free } = shown;
    const parts: Element[] = [];
    const far = (at: Vec3) => Math.abs(spotOf(map, at)?.depth ?? 0) > NEAR;
    for (const line of outlineOf(type, points)) {
      const spots = line.map((point) => spotOf(map, point));
      if (spots.some((spot) => spot === null)) continue;
      const d = spots
        .map((spot, i) => `${i ? "L" : "M"}${round(spot?.x)} ${round(spot?.y)}`)
        .join("");
      const faint = line.every(far);
      parts.push(path(d, "halo", null));
      parts.push(path(d, faint ? "edge faint" : "edge", color));
      if (free && !faint && shown === this.held) {
        const grip = path(d, "grip", null);
        this.drags(grip, map, (by) => moveAll(type, points, by), points[0] ?? [0, 0, 0]);
        parts.push(grip);
      }
    }
    const whole = shown === this.held;
    const handles = whole && type !== "point" ? handlesOf(type, points) : points;
    const own = type === "ellipsoid" && !whole ? points.slice(0, 1) : handles;
    own.forEach((point, i) => {
      const spot = spotOf(map, point);
      if (!spot) return;
      const knob = document.createElementNS(SVG, "circle");
      knob.setAttribute("cx", String(round(spot.x)));
      knob.setAttribute("cy", String(round(spot.y)));
      knob.setAttribute("r", type === "point" ? "7" : "5");
      knob.setAttribute("class", far(point) ? "knob faint" : "knob");
      knob.style.fill = color;
      if (whole && free && !far(point)) {
        const area = document.createElementNS(SVG, "circle");
        area.setAttribute("cx", String(round(spot.x)));
        area.setAttribute("cy", String(round(spot.y)));
        area.setAttribute("r", "14");
        area.setAttribute("class", "reach");
        this.drags(area, map, (by) => moveHandle(type, points, i, add(point, by)), point);
        parts.push(area);
      }
      parts.push(knob);
    });
    // An element that is held keeps its hold only as long as it stays in the page.
    if (!this.dragging) svg.replaceChildren(...parts);
    else {
      const kept = svg.querySelector(".held");
      for (const child of [...svg.children]) if (child !== kept) child.remove();
      svg.prepend(...parts);
    }
    const at = points.at(-1);
    const spot = at && spotOf(map, type === "ellipsoid" ? (points[0] ?? at) : at);
    const text = measureText(type, points);
    if (!spot || text === "" || far(at)) return;
    label.hidden = false;
    label.textContent = text;
    label.style.transform = `translate(${round(map.left + spot.x + 12)}px, ${round(map.top + spot.y + 10)}px)`;
  }

  /** Let an element be dragged. */
  private drags(element: Element, map: PanelMap, moved: (by: Vec3) => Points, at: Vec3): void {
    element.addEventListener("pointerdown", (event) => {
      const { pointerId, clientX, clientY, button } = event as PointerEvent;
      if (button !== 0) return;
      event.stopPropagation();
      event.preventDefault();
      element.setPointerCapture(pointerId);
      element.classList.add("held");
      this.dragging = true;
      let points: Points | null = null;
      const move = (next: Event) => {
        const { clientX: x, clientY: y } = next as PointerEvent;
        points = moved(stepOf(map, at, x - clientX, y - clientY));
        this.events.onMove(points, false);
      };
      const end = (last: Event) => {
        element.removeEventListener("pointermove", move);
        element.removeEventListener("pointerup", end);
        element.removeEventListener("pointercancel", end);
        element.classList.remove("held");
        this.dragging = false;
        if (points && last.type === "pointerup") this.events.onMove(points, true);
        else this.draw();
      };
      element.addEventListener("pointermove", move);
      element.addEventListener("pointerup", end);
      element.addEventListener("pointercancel", end);
    });
  }

  private layer(): Layer {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "mark-layer");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", t("The annotation that is drawn or chosen"));
    const label = h("output", { class: "mark-measure", hidden: true });
    this.element.append(svg, label);
    return { svg, label };
  }
}

function path(d: string, name: string, color: string | null): SVGPathElement {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("d", d);
  element.setAttribute("class", name);
  if (color) element.style.stroke = color;
  return element;
}

function round(value: number | undefined): number {
  return Math.round((value ?? 0) * 10) / 10;
}
