/** What is written over the map: the letters of the body's sides and each panel's name. */

import { type Bounds, sameTurn, UPRIGHT, type Vec3 } from "../geometry";
import type { Shape } from "../head";
import { axesOf, type Panel, type Plane } from "../panels";
import { mainAxis, type Slice, sliceOf } from "../slices";
import type { Camera } from "../state";
import { t } from "../words";
import { h, iconButton, say, toggleAttribute } from "./dom";
import { HeadMark } from "./headmark";
import { Strip } from "./strip";

const NAMES: Record<Plane, string> = {
  horizontal: t("Horizontal"),
  coronal: t("Coronal"),
  sagittal: t("Sagittal"),
  "3d": "3D",
};

const EDGES = ["left", "right", "top", "bottom"] as const;

/** What is written over the map depends on. */
export interface Written {
  readonly panels: readonly Panel[];
  readonly camera: Camera;
  readonly crosshair: boolean;
  /** Of the data shown: where they end, and the voxels drawn. */
  readonly bounds: Bounds | null;
  readonly voxel: Vec3;
  readonly head: Shape | null;
}

export interface OverlayEvents {
  /** Show a plane alone, or all four panels. */
  onGrow(plane: Plane | null): void;
  onSlice(slice: Slice): void;
  /** Copy the address of the picture of a plane. */
  onPicture(plane: Plane): void;
}

interface Frame {
  readonly element: HTMLElement;
  readonly name: HTMLElement;
  /** What is seen in it, for who does not see it. */
  readonly told: HTMLElement;
  readonly grow: HTMLButtonElement;
  readonly picture: HTMLButtonElement;
  readonly letters: Record<(typeof EDGES)[number], HTMLElement>;
  readonly strip: Strip;
  readonly head: HeadMark;
  plane: Plane;
}

export class Overlay {
  readonly element = h("div", { class: "map-labels" });
  private readonly frames: Frame[] = [];

  constructor(private readonly events: OverlayEvents) {}

  show({ panels, camera, crosshair, bounds, voxel, head }: Written): void {
    const tilted = !sameTurn(camera.turn, UPRIGHT);
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
      const name =
        tilted && panel.plane !== "3d"
          ? t("{plane}, tilted", { plane: NAMES[panel.plane] })
          : NAMES[panel.plane];
      say(frame.name, name);
      toggleAttribute(frame.element, "aria-label", name);
      const label =
        panels.length > 1
          ? t("Show only the {plane} panel", { plane: NAMES[panel.plane] })
          : t("Show all four panels");
      frame.grow.title = label;
      frame.grow.setAttribute("aria-label", label);
      frame.grow.classList.toggle("shrinks", panels.length === 1);
      const { axes } = panel;
      const slice = axes && bounds && sliceOf(axes.normal, camera.at, bounds, voxel);
      const axis = slice ? mainAxis(slice.direction) : 0;
      frame.strip.show(slice, axis, !tilted, NAMES[panel.plane]);
      frame.head.show(head, axes ?? axesOf(camera.turn3d));
      frame.picture.hidden = panel.plane === "3d";
      for (const edge of EDGES) say(frame.letters[edge], panel.sides?.[edge] ?? "");
    });
  }

  /** Say what is seen in a panel. */
  tell(panel: number, words: string): void {
    const frame = this.frames[panel];
    if (frame) say(frame.told, words);
  }

  private frame(): Frame {
    const letter = (edge: string) => h("span", { class: `side ${edge}`, "aria-hidden": "true" });
    const name = h("span", { class: "panel-name", "aria-hidden": "true" });
    const told = h("p", { class: "off-screen" });
    const grow = iconButton("grow", "", () =>
      this.events.onGrow(grow.classList.contains("shrinks") ? null : frame.plane),
    );
    const picture = iconButton("image", t("Copy the address of this picture"), () =>
      this.events.onPicture(frame.plane),
    );
    picture.classList.add("copy-picture");
    const letters = {
      left: letter("left"),
      right: letter("right"),
      top: letter("top"),
      bottom: letter("bottom"),
    };
    const strip = new Strip((slice) => this.events.onSlice(slice));
    const head = new HeadMark();
    const element = h(
      "div",
      { class: "frame", role: "group" },
      h("span", { class: "crosshair" }),
      name,
      told,
      picture,
      grow,
      ...Object.values(letters),
      head.element,
      strip.element,
    );
    const frame: Frame = { element, name, told, grow, picture, letters, strip, head, plane: "3d" };
    this.element.append(element);
    return frame;
  }
}
