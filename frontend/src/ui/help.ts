/** What the mouse and the keys do. */

import { t } from "../words";
import { h, iconButton } from "./dom";

const MOUSE: readonly (readonly [string, string])[] = [
  ["Wheel, pinch", "zoom to the cursor"],
  ["Double click", "come nearer (with Shift: go away)"],
  ["Drag", "move; in 3D: turn"],
  ["Ctrl + wheel, strip", "step through the slices (with Shift: ten)"],
  ["Shift + drag", "tilt the planes; in 3D: move"],
  ["Click", "select the region at the cursor"],
  ["Ctrl + click", "add to or take from the selection"],
  ["Right click, long press", "what is at that point, and what can be done there"],
];

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "search a region or type a coordinate"],
  ["1 2 3 4 5", "four panels, horizontal, coronal, sagittal, 3D"],
  ["← ↑ → ↓", "move in the plane under the mouse"],
  ["Shift + arrows", "tilt the planes"],
  [", .", "step one slice back or on"],
  ["+ −", "zoom in, zoom out"],
  ["0", "show the whole brain, upright"],
  ["Shift + F10", "the menu at the middle of the panel"],
  ["F", "fly to the selected region"],
  ["Esc", "clear the selection"],
  ["H", "hide the selected regions, or show them again"],
  ["I", "draw the selected regions alone, or all"],
  ["[ ]", "draw the tree one level less deep, or deeper"],
  ["N", "names on the planes"],
  ["M", "surfaces in 3D: selected, all, none"],
  ["O", "regions filled, outlined or both"],
  ["R", "show or hide the regions"],
  ["T", "show or hide the template"],
  ["S", "share what you see by a short link"],
  ["V", "the views you shared"],
  ["B", "open or close the drawer"],
  ["L", "open or close the layers panel"],
  ["P", "open or close the plane panel"],
  ["?", "this help"],
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
          h("h2", { id: "help-title" }, "Finding your way"),
          iconButton("close", "Close the help", () => this.element.close()),
        ),
        table("Mouse and touch", MOUSE),
        table("Keys", KEYS),
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
          "Planes are drawn in neurological convention: the subject’s left is at your left. " +
            "Coordinates are millimetres to the right (x), to the front (y) and up (z). " +
            "The address of this page always holds what you see: copy it to share it.",
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
