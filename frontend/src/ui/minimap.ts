/** A small map of the whole brain while one panel is large: where one is, and a click to go. */

import type { Bounds, Vec3 } from "../geometry";
import type { Look } from "../look";
import { fieldOf, type Mini, miniAddress, minisOf, placeIn, pointIn } from "../outlook";
import type { Axes, Panel } from "../panels";
import { t } from "../words";
import { h, iconButton, svg, toggleAttribute } from "./dom";

const SIDE = 92;
/** The pictures are asked for when the place has rested so long, in ms. */
const REST = 140;

interface Cell {
  readonly element: HTMLElement;
  readonly image: HTMLImageElement;
  readonly field: SVGPolygonElement;
  readonly dot: SVGCircleElement;
  mini: Mini | null;
}

export interface Outlook {
  readonly panel: Panel;
  readonly at: Vec3;
  readonly zoom: number;
  readonly bounds: Bounds;
  readonly look: Look | null;
}

export class MiniMap {
  readonly element: HTMLElement;

  private readonly cells: readonly Cell[];
  private readonly row: HTMLElement;
  private readonly fold: HTMLButtonElement;
  private open = window.innerWidth >= 700;
  private at: Vec3 = [0, 0, 0];
  private look: Look | null = null;
  private resting: number | undefined;

  constructor(
    private readonly resolve: (path: string) => string,
    private readonly onGo: (at: Vec3) => void,
  ) {
    this.cells = [0, 1, 2].map(() => this.cell());
    this.row = h(
      "div",
      { class: "minis", id: "minis" },
      ...this.cells.map(({ element }) => element),
    );
    this.fold = iconButton("map", t("Small map of the whole brain"), () => {
      this.open = !this.open;
      this.unfold();
    });
    this.fold.setAttribute("aria-controls", "minis");
    this.element = h("div", { class: "minimap", hidden: true }, this.fold, this.row);
    this.unfold();
  }

  show(outlook: Outlook | null): void {
    this.element.hidden = outlook === null;
    if (!outlook) return;
    const { panel, at, zoom, bounds, look } = outlook;
    this.at = at;
    const minis = minisOf(bounds, at, SIDE);
    const { axes } = panel;
    const corners = axes ? fieldOf({ ...panel, axes: axes as Axes }, at, zoom) : [];
    this.cells.forEach((cell, i) => {
      const mini = minis[i];
      if (!mini) return;
      cell.mini = mini;
      const text = (point: Vec3) =>
        placeIn(mini, point)
          .map((v) => (v + SIDE / 2).toFixed(1))
          .join(",");
      toggleAttribute(cell.field, "points", corners.map(text).join(" "));
      const [x = "0", y = "0"] = text(at).split(",");
      toggleAttribute(cell.dot, "cx", x);
      toggleAttribute(cell.dot, "cy", y);
    });
    clearTimeout(this.resting);
    if (this.open && look) this.resting = window.setTimeout(() => this.draw(look), REST);
    this.look = look;
  }

  private draw(look: Look): void {
    for (const { mini, image } of this.cells) {
      if (!mini) continue;
      const address = this.resolve(miniAddress(mini, SIDE, look));
      if (image.src !== address) image.src = address;
    }
  }

  private unfold(): void {
    this.row.hidden = !this.open;
    this.fold.setAttribute("aria-expanded", String(this.open));
    if (this.open && this.look) this.draw(this.look);
  }

  private cell(): Cell {
    const image = h("img", { alt: "", width: SIDE, height: SIDE, draggable: "false" });
    const field = svg("polygon", { class: "field" });
    const dot = svg("circle", { class: "here", r: "2.5" });
    const drawing = svg("svg", { viewBox: `0 0 ${SIDE} ${SIDE}` });
    drawing.append(field, dot);
    const go = (event: PointerEvent) => {
      const box = element.getBoundingClientRect();
      if (!cell.mini) return;
      const x = event.clientX - box.left - SIDE / 2;
      const y = event.clientY - box.top - SIDE / 2;
      this.onGo(pointIn(cell.mini, x, y, this.at));
    };
    // Whoever does not point has the keys, which move the large panel itself.
    const element = h(
      "div",
      {
        class: "mini",
        "aria-hidden": "true",
        onpointerdown: (event: PointerEvent) => {
          element.setPointerCapture(event.pointerId);
          go(event);
        },
        onpointermove: (event: PointerEvent) => {
          if (element.hasPointerCapture(event.pointerId)) go(event);
        },
      },
      image,
    );
    element.append(drawing);
    const cell: Cell = { element, image, field, dot, mini: null };
    return cell;
  }
}
