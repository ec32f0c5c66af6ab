/** The mouse, the wheel and the fingers on the map. */

import type { Cursor, Mouse } from "./cursor";
import type { Engine, EnginePanel } from "./engine";

export interface InputEvents {
  /** The wheel asks for another slice of a panel. */
  onStep(slices: number, panel: EnginePanel): void;
  /** Zoom by a factor to a place of the window. */
  onZoom(factor: number, at: { x: number; y: number }, panel: EnginePanel): void;
  onCursor(cursor: Cursor | null): void;
  onPick(pick: {
    readonly cursor: Cursor;
    readonly toggle: boolean;
    readonly x: number;
    readonly y: number;
  }): void;
  /** The menu is asked for at a place of the window. */
  onMenu(cursor: Cursor, at: { x: number; y: number }): void;
  /** Are clicks meant to draw? Then two of them do not zoom. */
  drawing(): boolean;
}

/** A press that moves farther than this, in pixels, is a drag and selects nothing. */
const CLICK_RADIUS = 4;

/** Gestures of the engine that are not its any more. */
const OURS = [
  "at:dblclick0",
  "at:shift+dblclick0",
  "at:mousedown2",
  "at:touchtap1x2",
  "at:touchhold1",
];

/** A double click or tap comes this much nearer; with Shift it goes as far away. */
const NEARER = 0.5;
/** Two taps this near, in pixels, and this quick, in ms, are one double tap. */
const TAP = { radius: 30, time: 320 };
/** So many pixels of the wheel are one slice; a mouse's notch is more. */
const NOTCH = 40;
/** A finger that rests so long, in ms, asks for the menu. */
const HOLD = 550;
/** The last of it, in which what else happened is heard of. */
const HEARD = 120;

/** Choose what the engine's own gestures do. */
export function bindGestures({ inputEventBindings }: Engine): void {
  const inPlane = inputEventBindings.sliceView;
  const drag = (action: string) => ({ action, stopPropagation: true });
  const wheel = (action: string) => ({ action, preventDefault: true });
  inPlane.set("at:mousedown0", drag("translate-via-mouse-drag"));
  inPlane.set("at:shift+mousedown0", drag("rotate-via-mouse-drag"));
  inPlane.set("at:wheel", wheel("zoom-via-wheel"));
  inPlane.set("at:touchpinch", "zoom-via-touchpinch");
  inPlane.set("at:touchtranslate1", "translate-in-plane-via-touchtranslate");
  inPlane.set("at:touchtranslate2", "translate-in-plane-via-touchtranslate");
  const inSpace = inputEventBindings.perspectiveView;
  inSpace.set("at:mousedown0", drag("rotate-via-mouse-drag"));
  inSpace.set("at:shift+mousedown0", drag("translate-via-mouse-drag"));
  inSpace.set("at:wheel", wheel("zoom-via-wheel"));
  inSpace.set("at:control+wheel", wheel("zoom-via-wheel"));
  inSpace.set("at:touchpinch", "zoom-via-touchpinch");
  inSpace.set("at:touchrotate", "rotate-in-plane-via-touchrotate");
  inSpace.set("at:touchtranslate1", "rotate-out-of-plane-via-touchtranslate");
  inSpace.set("at:touchtranslate2", "translate-in-plane-via-touchtranslate");
  for (const bindings of [inPlane, inSpace]) {
    // What we do ourselves, below; of the engine's own a slow drag would jump away.
    for (const gesture of OURS) bindings.set(gesture, "none");
  }
}

/** Listen for what the engine has no gesture for: slices by wheel, the cursor, and clicks. */
export function listen(
  target: HTMLElement,
  engine: Engine,
  mouse: Mouse,
  events: InputEvents,
): void {
  const menu = (event: MouseEvent) => {
    const panel = mouse.panelAt(event);
    if (panel && !panel.sliceView) {
      panel.handleMouseMove(event.clientX, event.clientY);
      engine.mouseState.updateUnconditionally();
    }
    const cursor = mouse.cursor();
    if (panel && cursor) events.onMenu(cursor, { x: event.clientX, y: event.clientY });
  };
  target.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    if (held === undefined) menu(event);
  });
  // The engine takes the keyboard's focus to whatever panel the mouse enters: not from our tree.
  target.addEventListener("mouseenter", (event) => event.stopPropagation(), true);
  // A pinch on a touchpad comes as a wheel with Ctrl, which nobody holds.
  let control = false;
  for (const kind of ["keydown", "keyup", "pointermove", "pointerdown"] as const) {
    window.addEventListener(kind, (event) => (control = event.ctrlKey || event.metaKey), true);
  }
  let turned = 0;
  target.addEventListener(
    "wheel",
    (event) => {
      const panel = mouse.panelAt(event);
      if (!(event.ctrlKey || event.metaKey) || !panel) return;
      event.preventDefault();
      event.stopPropagation();
      const delta = (event.deltaY || event.deltaX) * (event.deltaMode === 0 ? 1 : 33);
      if (!control) {
        events.onZoom(Math.exp(delta / 100), { x: event.clientX, y: event.clientY }, panel);
        return;
      }
      if (!panel.sliceView) return;
      turned = Math.sign(turned) === Math.sign(delta) ? turned + delta : delta;
      if (Math.abs(turned) < NOTCH) return;
      turned = 0;
      events.onStep((delta < 0 ? 1 : -1) * (event.shiftKey ? 10 : 1), panel);
    },
    { capture: true, passive: false },
  );
  target.addEventListener(
    "dblclick",
    (event) => {
      const panel = mouse.panelAt(event);
      if (!panel || event.ctrlKey || event.metaKey || events.drawing()) return;
      const factor = event.shiftKey ? 1 / NEARER : NEARER;
      events.onZoom(factor, { x: event.clientX, y: event.clientY }, panel);
    },
    true,
  );

  target.addEventListener(
    "pointermove",
    (event) => {
      mouse.moved(event);
      events.onCursor(mouse.cursor());
    },
    true,
  );
  target.addEventListener("pointerleave", () => {
    mouse.left();
    events.onCursor(null);
  });

  let held: number | undefined;
  const letGo = () => {
    clearTimeout(held);
    held = undefined;
  };
  let pressed: { id: number; x: number; y: number } | null = null;
  let tapped = { x: 0, y: 0, time: Number.NEGATIVE_INFINITY };
  target.addEventListener(
    "pointerdown",
    (event) => {
      mouse.moved(event);
      pressed =
        event.button === 0 && event.isPrimary
          ? { id: event.pointerId, x: event.clientX, y: event.clientY }
          : null;
      letGo();
      if (event.pointerType === "touch" && event.isPrimary) {
        held = window.setTimeout(() => {
          // Where drawing took that long, the finger may be up already and not heard of yet.
          held = window.setTimeout(() => {
            pressed = null;
            menu(event);
          }, HEARD);
        }, HOLD - HEARD);
      }
    },
    true,
  );
  target.addEventListener(
    "pointermove",
    (event) => {
      if (!pressed) return;
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > CLICK_RADIUS) letGo();
    },
    true,
  );
  window.addEventListener("pointercancel", letGo, true);
  window.addEventListener(
    "pointerup",
    (event) => {
      const from = pressed;
      pressed = null;
      letGo();
      if (!from || event.pointerId !== from.id || event.shiftKey) return;
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > CLICK_RADIUS) return;
      const panel = mouse.panelAt(event);
      if (!panel) return;
      if (event.pointerType === "touch") {
        const again =
          event.timeStamp - tapped.time < TAP.time &&
          Math.hypot(event.clientX - tapped.x, event.clientY - tapped.y) < TAP.radius;
        tapped = { x: event.clientX, y: event.clientY, time: again ? 0 : event.timeStamp };
        if (again && !events.drawing()) {
          events.onZoom(NEARER, tapped, panel);
          return;
        }
      }
      // What was drawn there last: a place in space, an annotation.
      panel.handleMouseMove(event.clientX, event.clientY);
      engine.mouseState.updateUnconditionally();
      const cursor = mouse.cursor();
      if (!cursor) return;
      const toggle = event.ctrlKey || event.metaKey;
      events.onPick({ cursor, toggle, x: event.clientX, y: event.clientY });
    },
    true,
  );
}
