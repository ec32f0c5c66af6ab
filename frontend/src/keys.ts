/** The keyboard: which key does what. */

import type { Drawer } from "./drawer";
import type { Key } from "./keytable";
import type { Desk } from "./rooms";
import { DRAWINGS, LAYOUTS, SOLIDS } from "./state";

/** What a key does, by the key's name. */
export type KeyActions = Readonly<Record<string, (() => void) | undefined>>;

/** `viewer` is `null` until the engine is there. */
export function keyActions(desk: Desk, viewer: Drawer | null): KeyActions {
  const { session, selection, opened } = desk;
  const { style } = session.view;
  const zoomIn = () => viewer?.zoomBy(0.8);
  const story: KeyActions = {
    ArrowRight: () => opened.by(1),
    ArrowLeft: () => opened.by(-1),
    PageDown: () => opened.by(1),
    PageUp: () => opened.by(-1),
    Home: () => opened.go(1),
    End: () => opened.last(),
  };
  const looking = {
    "?": () => desk.help.open(),
    Escape: () => desk.leave(),
    "0": () => session.go(session.home()),
    "+": zoomIn,
    "=": zoomIn,
    "-": () => viewer?.zoomBy(1.25),
    ",": () => viewer?.step(-1),
    ".": () => viewer?.step(1),
    "<": () => viewer?.step(-10),
    ">": () => viewer?.step(10),
    ArrowLeft: () => viewer?.pan(-0.1, 0),
    ArrowRight: () => viewer?.pan(0.1, 0),
    ArrowUp: () => viewer?.pan(0, -0.1),
    ArrowDown: () => viewer?.pan(0, 0.1),
    "Shift+ArrowLeft": () => viewer?.tilt("down", -5),
    "Shift+ArrowRight": () => viewer?.tilt("down", 5),
    "Shift+ArrowUp": () => viewer?.tilt("right", -5),
    "Shift+ArrowDown": () => viewer?.tilt("right", 5),
  } satisfies Partial<Record<Key, () => void>>;
  const played = opened.playing ? story : {};
  if (desk.minimal) return { ...looking, ...played };
  const layouts = LAYOUTS.map((layout, i) => [String(i + 1), () => session.choose({ layout })]);
  const all: Record<Key, () => void> = {
    ...looking,
    ...(Object.fromEntries(layouts) as Record<"1" | "2" | "3" | "4" | "5", () => void>),
    d: () => desk.marking.toggle(),
    "/": () => desk.focusSearch(),
    ContextMenu: () => desk.openMenu(),
    "Shift+F10": () => desk.openMenu(),
    s: () => void desk.sharing.make(),
    v: () => void desk.sharing.showMine(),
    a: () => desk.settings.sayAloud(!desk.settings.announcing),
    b: () => desk.openDrawer(),
    l: () => desk.openLayers(),
    p: () => desk.openPlanes(),
    o: () => {
      const next = DRAWINGS[(DRAWINGS.indexOf(style.drawing) + 1) % DRAWINGS.length];
      if (next) session.choose({ drawing: next });
    },
    r: () => session.choose({ regions: !style.regions }),
    t: () => session.choose({ template: !style.template }),
    f: () => {
      if (selection.last !== undefined) void selection.fly(selection.last);
    },
    h: () => selection.hide(selection.ids),
    i: () => selection.isolate(),
    n: () => session.choose({ names: !style.names }),
    "[": () => session.choose({ depth: deeper(style.depth, -1, session.loaded.tree?.deepest) }),
    "]": () => session.choose({ depth: deeper(style.depth, 1, session.loaded.tree?.deepest) }),
    m: () => {
      const next = SOLIDS[(SOLIDS.indexOf(style.solids) + 1) % SOLIDS.length];
      if (next) session.choose({ solids: next });
    },
  };
  return { ...all, ...played, ...desk.marking.keys() };
}

/** The depth of the cut one level up or down; `null` is the whole tree. */
export function deeper(depth: number | null, by: 1 | -1, deepest = 0): number | null {
  const next = Math.max(0, (depth ?? deepest) + by);
  return next >= deepest ? null : next;
}

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/**
 * Do what a key stands for, unless it is typed into a field or belongs to the browser, or is a letter
 * or a sign and these are to do nothing.
 */
export function pressKey(event: KeyboardEvent, actions: KeyActions, letters: boolean): void {
  if (event.altKey || event.defaultPrevented) return;
  if (!letters && event.key.length === 1) return;
  const target = event.target as HTMLElement;
  const typing = target.closest("input:not([type=range], [type=checkbox]), select, textarea");
  if (typing && event.key !== "Escape") return;
  if ((event.ctrlKey || event.metaKey) && event.key !== "Escape") return;
  const arrow = ARROWS.includes(event.key);
  // A slider and the tree move by the arrows themselves.
  if (arrow && target.closest("input, [role=tree], [role=slider]")) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = actions[(arrow || name === "F10") && event.shiftKey ? `Shift+${name}` : name];
  if (!action) return;
  event.preventDefault();
  action();
}
