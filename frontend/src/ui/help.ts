/** What the mouse and the keys do. */

import { KEY_TABLE } from "../keytable";
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
        table(
          t("Keys"),
          KEY_TABLE.map(({ shown, what }) => [shown, what]),
        ),
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
