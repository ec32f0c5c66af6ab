/** The names of regions over the planes. */

import { add, dot, scale, type Vec3 } from "../geometry";
import { type Name, placeNames, type Samples } from "../names";
import type { Axes, Panel } from "../panels";
import { h } from "./dom";

/** From where a plane is looked at. */
export interface Gaze {
  readonly at: Vec3;
  /** Millimetres a pixel. */
  readonly zoom: number;
}

export interface NameSource {
  /** What a panel shows, looked at in steps of pixels; `null` while nothing is there. */
  samples(panel: number, step: number): Samples | null;
  /** What a region may be called, from the longest. */
  calls(id: string): readonly string[];
}

interface Written {
  readonly name: Name;
  readonly point: Vec3;
}

/** Pixels between two looks at what is drawn. */
const STEP = 5;
const FONT = "600 11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const LINE = 13;
/** Milliseconds of rest after which names are placed anew. */
const REST = 140;

export class NameLayer {
  readonly element = h("canvas", { class: "names", "aria-hidden": "true" });
  private readonly pen = this.element.getContext("2d");
  private readonly widths = new Map<string, number>();
  private written: readonly (readonly Written[])[] = [];
  private panels: readonly Panel[] = [];
  private gaze: Gaze | null = null;
  private due: number | undefined;
  private source: NameSource | null = null;

  /** From now on show names, or none. */
  show(source: NameSource | null): void {
    this.source = source;
    this.element.hidden = source === null;
    if (source === null) {
      this.written = [];
      this.draw();
    } else this.placeSoon();
  }

  /** The picture moved: what is written moves with it, and is placed anew when it rests. */
  moved(panels: readonly Panel[], gaze: Gaze): void {
    this.panels = panels;
    this.gaze = gaze;
    if (this.source === null) return;
    this.draw();
    this.placeSoon();
  }

  /** What is drawn changed, or more of it is loaded. */
  placeSoon(): void {
    if (this.source === null) return;
    window.clearTimeout(this.due);
    this.due = window.setTimeout(() => this.place(), REST);
  }

  /** The names as they are written now, panel by panel. */
  get names(): readonly (readonly Name[])[] {
    return this.written.map((panel) => panel.map(({ name }) => name));
  }

  private place(): void {
    const { source, gaze, pen } = this;
    if (source === null || gaze === null || pen === null) return;
    const measure = (text: string) => {
      let width = this.widths.get(text);
      if (width === undefined) {
        pen.font = FONT;
        width = pen.measureText(text).width + 4;
        this.widths.set(text, width);
      }
      return { width, height: LINE };
    };
    this.written = this.panels.map((panel, i) => {
      const samples = panel.axes && source.samples(i, STEP);
      if (!samples || !panel.axes) return [];
      const names = placeNames(samples, (id) => source.calls(id), measure);
      const { axes } = panel;
      return names.map((name) => ({ name, point: pointOf(panel, axes, gaze, name) }));
    });
    this.draw();
  }

  private draw(): void {
    const { element, pen, gaze } = this;
    if (pen === null) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(element.clientWidth * ratio);
    const height = Math.round(element.clientHeight * ratio);
    if (element.width !== width || element.height !== height) {
      element.width = width;
      element.height = height;
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (gaze === null) return;
    pen.font = FONT;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    pen.strokeStyle = "rgb(0 0 0 / 72%)";
    pen.fillStyle = "#ffffff";
    this.panels.forEach((panel, i) => {
      const { axes } = panel;
      if (!axes) return;
      pen.save();
      pen.beginPath();
      pen.rect(panel.left, panel.top, panel.width, panel.height);
      pen.clip();
      for (const { name, point } of this.written[i] ?? []) {
        const from = add(point, scale(gaze.at, -1));
        // Another slice is another picture: its names come when it rests.
        if (Math.abs(dot(from, axes.normal)) > gaze.zoom) continue;
        const x = panel.left + panel.width / 2 + dot(from, axes.right) / gaze.zoom;
        const y = panel.top + panel.height / 2 + dot(from, axes.down) / gaze.zoom;
        pen.strokeText(name.text, x, y);
        pen.fillText(name.text, x, y);
      }
      pen.restore();
    });
  }
}

function pointOf(
  { width, height }: Panel,
  { right, down }: Axes,
  { at, zoom }: Gaze,
  { x, y }: Name,
) {
  const across = scale(right, (x - width / 2) * zoom);
  return add(at, add(across, scale(down, (y - height / 2) * zoom)));
}
