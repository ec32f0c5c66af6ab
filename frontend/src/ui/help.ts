/** What the mouse and the keys do. */

import { t } from "../words";
import { h, iconButton } from "./dom";

const MOUSE: readonly (readonly [string, string])[] = [
  [t("Wheel, pinch"), t("zoom to the cursor")],
  [t("Double click"), t("come nearer (with Shift: go away)")],
  [t("Drag"), t("move; in 3D: turn")],
  [t("Ctrl + wheel, strip"), t("step through the slices (with Shift: ten)")],
  [t("Shift + drag"), t("tilt the planes; in 3D: move")],
  [t("Click"), t("select the region at the cursor")],
  [t("Ctrl + click"), t("add to or take from the selection")],
  [t("Right click, long press"), t("what is at that point, and what can be done there")],
];

const KEYS: readonly (readonly [string, string])[] = [
  ["/", t("search a region or type a coordinate")],
  ["1 2 3 4 5", t("four panels, horizontal, coronal, sagittal, 3D")],
  ["← ↑ → ↓", t("move in the plane under the mouse")],
  [t("Shift + arrows"), t("tilt the planes")],
  [", .", t("step one slice back or on")],
  ["+ −", t("zoom in, zoom out")],
  ["0", t("show the whole brain, upright")],
  [t("Shift + F10"), t("the menu at the middle of the panel")],
  ["F", t("fly to the selected region")],
  ["Esc", t("clear the selection")],
  ["H", t("hide the selected regions, or show them again")],
  ["I", t("draw the selected regions alone, or all")],
  ["[ ]", t("draw the tree one level less deep, or deeper")],
  ["N", t("names on the planes")],
  ["M", t("surfaces in 3D: selected, all, none")],
  ["O", t("regions filled, outlined or both")],
  ["R", t("show or hide the regions")],
  ["T", t("show or hide the template")],
  ["S", t("share what you see by a short link")],
  ["V", t("the views you shared")],
  ["A", t("say the region under the cursor to a screen reader, or not")],
  ["B", t("open or close the drawer")],
  ["L", t("open or close the layers panel")],
  ["P", t("open or close the plane panel")],
  ["D", t("annotations: draw, list, share")],
  [
    "P K Y G X E",
    t("while annotations are open: draw a point, line, path, polygon, box, ellipsoid"),
  ],
  [t("Enter, Backspace"), t("end what is drawn; take the last click back")],
  ["Ctrl + Z", t("undo; with Shift: do again")],
  ["?", t("this help")],
];

export class Help {
  readonly element: HTMLDialogElement;

  /** `onTour` begins the tour once more. */
  constructor(onTour: () => void) {
    this.element = h(
      "dialog",
      {
        class: "help",
        "aria-labelledby": "help-title",
        onclick: (event: MouseEvent) => {
          if (event.target === this.element) this.element.close();
        },
      },
      h(
        "div",
        { class: "help-body" },
        h(
          "header",
          {},
          h("h2", { id: "help-title" }, t("Finding your way")),
          iconButton("close", t("Close the help"), () => this.element.close()),
        ),
        table(t("Mouse and touch"), MOUSE),
        table(t("Keys"), KEYS),
        h(
          "p",
          {},
          h(
            "button",
            {
              type: "button",
              class: "text-button",
              onclick: () => {
                this.element.close();
                onTour();
              },
            },
            t("Take the tour"),
          ),
        ),
        h(
          "p",
          {},
          t(
            "Planes are drawn in neurological convention: the subject’s left is at your left. Coordinates are millimetres to the right (x), to the front (y) and up (z). The address of this page always holds what you see: copy it to share it.",
          ),
        ),
      ),
    );
  }

  open(): void {
    if (!this.element.open) this.element.showModal();
  }
}

function table(title: string, rows: readonly (readonly [string, string])[]): HTMLElement {
  return h(
    "section",
    {},
    h("h3", {}, title),
    h(
      "dl",
      {},
      ...rows.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]),
    ),
  );
}
