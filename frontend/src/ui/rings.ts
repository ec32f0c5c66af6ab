/** A ring on every panel: drag it, and the planes turn about the middle of that panel. */

import type { Panel } from "../panels";
import { t } from "../words";
import { svg, toggleAttribute } from "./dom";

/** Of the smaller side of the panel. */
const SIZE = 0.37;
/** With Shift the planes turn by so many degrees at a time. */
const NOTCH = 15;

interface Ring {
  readonly element: SVGGElement;
  readonly circle: SVGCircleElement;
  readonly hold: SVGCircleElement;
  readonly knobs: readonly SVGCircleElement[];
  panel: Panel | null;
  /** How far it was turned since it was shown. */
  turned: number;
}

export interface RingEvents {
  /** Remember how the planes are turned now. */
  onGrasp(): void;
  /** Turn by so many degrees, as the clock turns, from how they were when grasped. */
  onTurn(panel: Panel, degrees: number): void;
}

export class Rings {
  readonly element = svg("svg", { class: "rings" });
  private readonly rings: Ring[] = [];

  constructor(private readonly events: RingEvents) {
    this.hide();
  }

  hide(): void {
    this.element.setAttribute("hidden", "");
  }

  show(panels: readonly Panel[], name: (panel: Panel) => string): void {
    this.element.removeAttribute("hidden");
    const planes = panels.filter(({ axes }) => axes !== null);
    while (this.rings.length < planes.length) this.rings.push(this.ring());
    this.rings.forEach((ring, i) => {
      const panel = planes[i] ?? null;
      ring.panel = panel;
      toggleAttribute(ring.element, "hidden", panel ? null : "");
      if (!panel) return;
      const { left, top, width, height, sides } = panel;
      const radius = Math.min(width, height) * SIZE;
      const [x, y] = [left + width / 2, top + height / 2];
      for (const circle of [ring.circle, ring.hold]) {
        toggleAttribute(circle, "cx", x.toFixed(1));
        toggleAttribute(circle, "cy", y.toFixed(1));
        toggleAttribute(circle, "r", radius.toFixed(1));
      }
      ring.knobs.forEach((knob, quarter) => {
        const angle = ((quarter * 90 + ring.turned) * Math.PI) / 180;
        toggleAttribute(knob, "cx", (x + radius * Math.cos(angle)).toFixed(1));
        toggleAttribute(knob, "cy", (y + radius * Math.sin(angle)).toFixed(1));
      });
      const label = t("Turn the picture of the {plane} panel", { plane: name(panel) });
      toggleAttribute(ring.element, "aria-label", label);
      toggleAttribute(ring.element, "aria-valuenow", String(Math.round(ring.turned)));
      const edges = { left: sides?.left ?? "", top: sides?.top ?? "" };
      const text = t("{left} at the left, {top} at the top", edges);
      toggleAttribute(ring.element, "aria-valuetext", text);
    });
  }

  private ring(): Ring {
    const circle = svg("circle", { class: "ring" });
    const hold = svg("circle", { class: "ring-hold" });
    const knobs = [0, 1, 2, 3].map(() => svg("circle", { class: "ring-knob", r: "6" }));
    const element = svg("g", {
      role: "slider",
      tabindex: "0",
      "aria-valuemin": "-180",
      "aria-valuemax": "180",
    });
    element.append(circle, ...knobs, hold);
    const ring: Ring = { element, circle, hold, knobs, panel: null, turned: 0 };
    let start: { angle: number; turned: number } | null = null;
    hold.addEventListener("pointerdown", (event) => {
      hold.setPointerCapture(event.pointerId);
      event.preventDefault();
      element.focus();
      start = { angle: this.angle(ring, event), turned: ring.turned };
      this.events.onGrasp();
    });
    hold.addEventListener("pointermove", (event) => {
      if (!start || !ring.panel) return;
      let degrees = this.angle(ring, event) - start.angle;
      if (event.shiftKey) degrees = Math.round(degrees / NOTCH) * NOTCH;
      ring.turned = within(start.turned + degrees);
      this.events.onTurn(ring.panel, degrees);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      hold.addEventListener(end, () => {
        start = null;
      });
    }
    element.addEventListener("keydown", (event) => {
      const turns: Readonly<Record<string, number>> = {
        ArrowRight: 1,
        ArrowUp: 1,
        ArrowLeft: -1,
        ArrowDown: -1,
        PageUp: NOTCH,
        PageDown: -NOTCH,
      };
      const degrees = turns[event.key];
      if (degrees === undefined || !ring.panel) return;
      event.preventDefault();
      event.stopPropagation();
      ring.turned = within(ring.turned + degrees);
      this.events.onGrasp();
      this.events.onTurn(ring.panel, degrees);
    });
    this.element.append(element);
    return ring;
  }

  /** Where the pointer is around a panel's middle, in degrees as the clock turns. */
  private angle({ panel }: Ring, event: PointerEvent): number {
    if (!panel) return 0;
    const box = this.element.getBoundingClientRect();
    const x = event.clientX - box.left - panel.left - panel.width / 2;
    const y = event.clientY - box.top - panel.top - panel.height / 2;
    return (Math.atan2(y, x) * 180) / Math.PI;
  }
}

function within(degrees: number): number {
  return degrees - 360 * Math.round(degrees / 360);
}
