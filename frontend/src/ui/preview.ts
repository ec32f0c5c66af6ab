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
    const there = new Map(this.images().map((image) => [image.getAttribute("src"), image]));
    this.element.replaceChildren(
      ...pictures.map((picture) => placed(picture, there.get(picture.address))),
    );
    this.element.hidden = false;
  }

  /** Settle when all pictures are here, or do not come. */
  async settled(): Promise<void> {
    await Promise.all(this.images().map((image) => image.decode().catch(() => {})));
  }

  private images(): HTMLImageElement[] {
    return [...this.element.querySelectorAll("img")];
  }

  hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }
}

/** Place a picture; `there` is its image, where it is shown already. */
function placed(
  { panel, address, width, height, coarse }: Picture,
  there: HTMLImageElement | undefined,
): HTMLElement {
  const image = there ?? imageOf(address);
  image.width = width * coarse;
  image.height = height * coarse;
  // The middle of the picture is the middle of the panel.
  image.style.left = `${(panel.width - width * coarse) / 2}px`;
  image.style.top = `${(panel.height - height * coarse) / 2}px`;
  const frame = h("div", { "data-plane": panel.plane }, image);
  frame.style.left = `${panel.left}px`;
  frame.style.top = `${panel.top}px`;
  frame.style.width = `${panel.width}px`;
  frame.style.height = `${panel.height}px`;
  return frame;
}

function imageOf(address: string): HTMLImageElement {
  const image = h("img", { alt: "", decoding: "async", src: address });
  // A picture that cannot be had is no loss: the engine draws the same, or says what is wrong.
  image.addEventListener("error", () => image.remove());
  return image;
}
