/** The name at the cursor. */

import { fill, h, swatch } from "./dom";

export interface Tip {
  readonly color: string | null;
  readonly name: string;
  readonly parent: string | null;
}

const AWAY = 14;

export class Tooltip {
  readonly element = h("div", { class: "tooltip", role: "tooltip", hidden: true });
  private shown: string | null = null;
  private x = 0;
  private y = 0;

  constructor(private readonly within: HTMLElement) {
    within.addEventListener(
      "pointermove",
      (event) => {
        if (event.pointerType === "touch") return;
        const box = within.getBoundingClientRect();
        this.x = event.clientX - box.left;
        this.y = event.clientY - box.top;
        this.place();
      },
      true,
    );
    within.addEventListener("pointerdown", () => this.show(null), true);
  }

  show(tip: Tip | null): void {
    const key = tip && JSON.stringify(tip);
    if (key !== this.shown) {
      this.shown = key;
      this.element.hidden = tip === null;
      if (tip) {
        fill(
          this.element,
          tip.color !== null && swatch(tip.color),
          h("span", { class: "tip-name" }, tip.name),
          tip.parent !== null && h("span", { class: "tip-parent" }, tip.parent),
        );
      }
    }
    if (tip) this.place();
  }

  private place(): void {
    if (this.element.hidden) return;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const { clientWidth, clientHeight } = this.within;
    const left = this.x + AWAY + width > clientWidth ? this.x - AWAY - width : this.x + AWAY;
    const top = this.y + AWAY + height > clientHeight ? this.y - AWAY - height : this.y + AWAY;
    this.element.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, top)}px)`;
  }
}
