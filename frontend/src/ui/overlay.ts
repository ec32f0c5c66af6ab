/** What is written over the map: the letters of the body's sides and each panel's name. */

import type { Panel, Plane } from "../panels";
import { h, iconButton, say } from "./dom";

const NAMES: Record<Plane, string> = {
  horizontal: "Horizontal",
  coronal: "Coronal",
  sagittal: "Sagittal",
  "3d": "3D",
};

const EDGES = ["left", "right", "top", "bottom"] as const;

interface Frame {
  readonly element: HTMLElement;
  readonly name: HTMLElement;
  readonly grow: HTMLButtonElement;
  readonly letters: Record<(typeof EDGES)[number], HTMLElement>;
  plane: Plane;
}

export class Overlay {
  readonly element = h("div", { class: "map-labels" });
  private readonly frames: Frame[] = [];

  /** `onGrow` is called with a plane to show it alone, or with `null` to show all four. */
  constructor(private readonly onGrow: (plane: Plane | null) => void) {}

  show(panels: readonly Panel[], tilted: boolean, crosshair: boolean): void {
    this.element.classList.toggle("with-crosshair", crosshair);
    while (this.frames.length < panels.length) this.frames.push(this.frame());
    this.frames.forEach((frame, i) => {
      const panel = panels[i];
      frame.element.hidden = panel === undefined;
      if (!panel) return;
      const { style } = frame.element;
      style.left = `${panel.left}px`;
      style.top = `${panel.top}px`;
      style.width = `${panel.width}px`;
      style.height = `${panel.height}px`;
      frame.plane = panel.plane;
      frame.element.dataset.plane = panel.plane;
      say(frame.name, NAMES[panel.plane] + (tilted && panel.plane !== "3d" ? ", tilted" : ""));
      const label =
        panels.length > 1 ? `Show only the ${NAMES[panel.plane]} panel` : "Show all four panels";
      frame.grow.title = label;
      frame.grow.setAttribute("aria-label", label);
      frame.grow.classList.toggle("shrinks", panels.length === 1);
      for (const edge of EDGES) say(frame.letters[edge], panel.sides?.[edge] ?? "");
    });
  }

  private frame(): Frame {
    const letter = (edge: string) => h("span", { class: `side ${edge}` });
    const name = h("span", { class: "panel-name" });
    const grow = iconButton("grow", "", () =>
      this.onGrow(grow.classList.contains("shrinks") ? null : frame.plane),
    );
    const letters = {
      left: letter("left"),
      right: letter("right"),
      top: letter("top"),
      bottom: letter("bottom"),
    };
    const element = h(
      "div",
      { class: "frame" },
      h("span", { class: "crosshair" }),
      name,
      grow,
      ...Object.values(letters),
    );
    const frame: Frame = { element, name, grow, letters, plane: "3d" };
    this.element.append(element);
    return frame;
  }
}
