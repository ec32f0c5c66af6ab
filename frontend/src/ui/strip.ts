/** Where a panel's slice is in the whole volume: a strip one drags, or moves by the keys. */

import { type Slice, stepsTo } from "../slices";
import { plural, t } from "../words";
import { h, say, toggleAttribute } from "./dom";

const ENDS = [
  ["L", "R"],
  ["P", "A"],
  ["I", "S"],
] as const;
const AXES = ["x", "y", "z"] as const;

export class Strip {
  readonly element: HTMLElement;

  private readonly thumb = h("span", { class: "strip-thumb" });
  private readonly top = h("span", { class: "strip-end", "aria-hidden": "true" });
  private readonly bottom = h("span", { class: "strip-end", "aria-hidden": "true" });
  private readonly track: HTMLElement;
  private slice: Slice | null = null;

  /** `onGo` goes to another slice. */
  constructor(private readonly onGo: (slice: Slice) => void) {
    this.track = h(
      "div",
      {
        class: "strip-track",
        role: "slider",
        tabindex: "0",
        "aria-orientation": "vertical",
        onkeydown: (event: KeyboardEvent) => this.key(event),
        onpointerdown: (event: PointerEvent) => {
          this.track.setPointerCapture(event.pointerId);
          this.track.focus();
          event.preventDefault();
          this.drag(event);
        },
        onpointermove: (event: PointerEvent) => {
          if (this.track.hasPointerCapture(event.pointerId)) this.drag(event);
        },
      },
      this.thumb,
    );
    this.element = h("div", { class: "strip" }, this.top, this.track, this.bottom);
  }

  /** `axis` is that of the body which the slices follow; `upright`, whether they follow it exactly. */
  show(slice: Slice | null, axis: 0 | 1 | 2, upright: boolean, plane: string): void {
    this.slice = slice;
    this.element.hidden = slice === null;
    if (!slice) return;
    const { here, first, last, step } = slice;
    const share = Math.min(1, Math.max(0, (here - first) / (last - first || 1)));
    this.thumb.style.top = `${((1 - share) * 100).toFixed(3)}%`;
    say(this.top, ENDS[axis][1]);
    say(this.bottom, ENDS[axis][0]);
    const decimals = Math.min(4, Math.max(1, Math.ceil(-Math.log10(step))));
    const place = `${(here + 0).toFixed(decimals)} mm`;
    const text = upright ? `${AXES[axis]} = ${place}` : t("{place} along the slices", { place });
    const { track } = this;
    toggleAttribute(track, "aria-label", t("Slice of the {plane} panel", { plane }));
    toggleAttribute(track, "aria-valuemin", first.toFixed(decimals));
    toggleAttribute(track, "aria-valuemax", last.toFixed(decimals));
    toggleAttribute(track, "aria-valuenow", here.toFixed(decimals));
    toggleAttribute(track, "aria-valuetext", text);
    const count = Math.round((last - first) / step);
    track.title = `${text}: ${plural(count, "{n} slice here", "{n} slices here")}`;
  }

  private drag(event: PointerEvent): void {
    const box = this.track.getBoundingClientRect();
    const share = 1 - (event.clientY - box.top) / box.height;
    this.to(Math.min(1, Math.max(0, share)));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: 1,
      ArrowRight: 1,
      ArrowDown: -1,
      ArrowLeft: -1,
      PageUp: 10,
      PageDown: -10,
    };
    const by = steps[event.key];
    if (by !== undefined) this.by(by);
    else if (event.key === "Home") this.to(0);
    else if (event.key === "End") this.to(1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private to(share: number): void {
    if (this.slice) this.by(stepsTo(this.slice, share));
  }

  private by(steps: number): void {
    if (!this.slice || steps === 0) return;
    // The next key may come before this step is shown.
    this.slice = { ...this.slice, here: this.slice.here + steps * this.slice.step };
    this.onGo(this.slice);
  }
}
