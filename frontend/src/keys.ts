/** The keyboard: which key does what. */

import type { Selection } from "./selection";
import type { Session } from "./session";
import { DRAWINGS, LAYOUTS } from "./state";
import type { Viewer } from "./viewer/viewer";

/** What the keys open, move and change. */
export interface Doors {
  readonly session: Session;
  readonly selection: Selection;
  readonly viewer: Viewer;
  toggleDrawer(): void;
  toggleLayers(): void;
  search(): void;
  help(): void;
  /** Close what has the focus, or else let go of what is selected. */
  leave(): void;
}

/** What a key does, by the key's name. */
export type KeyActions = Readonly<Record<string, (() => void) | undefined>>;

export function keyActions(doors: Doors): KeyActions {
  const { session, selection, viewer } = doors;
  const { style } = session.view;
  const zoomIn = () => viewer.zoomBy(0.8);
  return {
    "/": doors.search,
    "?": doors.help,
    Escape: doors.leave,
    "0": () => session.go(session.home()),
    "+": zoomIn,
    "=": zoomIn,
    "-": () => viewer.zoomBy(1.25),
    ",": () => viewer.step(-1),
    ".": () => viewer.step(1),
    "<": () => viewer.step(-10),
    ">": () => viewer.step(10),
    ArrowLeft: () => viewer.pan(-0.1, 0),
    ArrowRight: () => viewer.pan(0.1, 0),
    ArrowUp: () => viewer.pan(0, -0.1),
    ArrowDown: () => viewer.pan(0, 0.1),
    b: doors.toggleDrawer,
    l: doors.toggleLayers,
    o: () => {
      const next = DRAWINGS[(DRAWINGS.indexOf(style.drawing) + 1) % DRAWINGS.length];
      if (next) session.choose({ drawing: next });
    },
    r: () => session.choose({ regions: !style.regions }),
    t: () => session.choose({ template: !style.template }),
    f: () => {
      if (selection.last !== undefined) void selection.fly(selection.last);
    },
    ...Object.fromEntries(
      LAYOUTS.map((layout, i) => [String(i + 1), () => session.choose({ layout })]),
    ),
  };
}

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/** Do what a key stands for, unless it is typed into a field or belongs to the browser. */
export function pressKey(event: KeyboardEvent, actions: KeyActions): void {
  if (event.altKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  const typing = target.closest("input:not([type=range], [type=checkbox]), select, textarea");
  if (typing && event.key !== "Escape") return;
  if ((event.ctrlKey || event.metaKey) && event.key !== "Escape") return;
  // A slider and the tree move by the arrows themselves.
  if (ARROWS.includes(event.key) && target.closest("input, [role=tree]")) return;
  const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
