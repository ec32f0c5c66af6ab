/** The tools to draw with, over the map, and what to do next. */

import type { Draft } from "../marks/draft";
import { FEWEST, SHAPES, type Shape } from "../marks/shapes";
import { t } from "../words";
import { h, iconButton, say } from "./dom";
import { shapeName } from "./markwords";

export interface ToolEvents {
  onTool(tool: Shape | null): void;
  onFinish(): void;
  onStepBack(): void;
  onCancel(): void;
}

/** Tool → the key that takes it. */
export const TOOL_KEYS: Readonly<Record<Shape, string>> = {
  point: "p",
  line: "k",
  polyline: "y",
  polygon: "g",
  box: "x",
  ellipsoid: "e",
};
export const PICK_KEY = "a";

export class MarkTools {
  /** What to do next, over the map. */
  readonly bar: HTMLElement;
  readonly tools: HTMLElement;
  private readonly buttons = new Map<Shape | null, HTMLButtonElement>();
  private readonly hint = h("p", { role: "status" });
  private readonly finish: HTMLButtonElement;
  private readonly back: HTMLButtonElement;

  constructor(events: ToolEvents) {
    const pick = iconButton("pick", titled(t("Choose and move"), PICK_KEY), () =>
      events.onTool(null),
    );
    this.buttons.set(null, pick);
    for (const shape of SHAPES) {
      const label = titled(shapeName(shape), TOOL_KEYS[shape]);
      this.buttons.set(
        shape,
        iconButton(shape, label, () => events.onTool(shape)),
      );
    }
    this.tools = h(
      "div",
      { class: "mark-tools", role: "toolbar", "aria-label": t("Drawing tools") },
      ...this.buttons.values(),
    );
    const text = (label: string, onclick: () => void) =>
      h("button", { type: "button", class: "text-button", onclick }, label);
    this.finish = text(t("Finish"), () => events.onFinish());
    this.back = text(t("Step back"), () => events.onStepBack());
    this.bar = h(
      "div",
      { class: "mark-hint", hidden: true },
      this.hint,
      this.back,
      this.finish,
      text(t("Cancel"), () => events.onCancel()),
    );
  }

  show(open: boolean, may: boolean, tool: Shape | null, draft: Draft | null): void {
    this.tools.hidden = !may;
    for (const [shape, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(shape === tool));
    }
    this.bar.hidden = !open || tool === null;
    if (tool === null) return;
    const clicks = draft?.clicks.length ?? 0;
    say(this.hint, hintOf(tool, clicks));
    const path = tool === "polyline" || tool === "polygon";
    this.finish.hidden = !path || clicks < FEWEST[tool];
    this.back.hidden = clicks === 0;
  }
}

function titled(name: string, key: string): string {
  return `${name} (${key.toUpperCase()})`;
}

function hintOf(tool: Shape, clicks: number): string {
  if (tool === "point") return t("Click where the point is to be.");
  if (clicks === 0) {
    return tool === "ellipsoid"
      ? t("Click the centre of the ellipsoid.")
      : tool === "box"
        ? t("Click a corner of the box.")
        : t("Click where it begins.");
  }
  if (tool === "line") return t("Click where the line ends.");
  if (tool === "box") return t("Click the opposite corner: in this plane, or in another one.");
  if (tool === "ellipsoid") return t("Click how far it reaches; pull it into shape afterwards.");
  return t("Click the next point; Enter or a double click ends.");
}
