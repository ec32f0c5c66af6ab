/**
 * The first pixels: the server's own coarse pictures of the panels, for as long as the engine is not
 * there yet. They lie where the engine will draw, so that the picture only grows sharper.
 */

import type { Panel } from "../panels";
import { h } from "./dom";

/** A picture of one panel, `coarse` screen pixels a pixel. */
export interface Picture {
  readonly panel: Panel;
  readonly address: string;
  readonly width: number;
  readonly height: number;
  readonly coarse: number;
}

export class Preview {
  readonly element = h("div", { class: "preview", "aria-hidden": "true", hidden: true });

  show(pictures: readonly Picture[]): void {
    this.element.replaceChildren(...pictures.map(placed));
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }
}

function placed({ panel, address, width, height, coarse }: Picture): HTMLElement {
  const image = h("img", { alt: "", decoding: "async" });
  // A picture that cannot be had is no loss: the engine draws the same, or says what is wrong.
  image.addEventListener("error", () => image.remove());
  image.width = width * coarse;
  image.height = height * coarse;
  // The middle of the picture is the middle of the panel.
  image.style.left = `${(panel.width - width * coarse) / 2}px`;
  image.style.top = `${(panel.height - height * coarse) / 2}px`;
  image.src = address;
  const frame = h("div", { "data-plane": panel.plane }, image);
  frame.style.left = `${panel.left}px`;
  frame.style.top = `${panel.top}px`;
  frame.style.width = `${panel.width}px`;
  frame.style.height = `${panel.height}px`;
  return frame;
}
