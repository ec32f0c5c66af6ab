/** The keys and what each is for: the keyboard and the help both go by this, and cannot disagree. */

import { t } from "./words";

interface Row {
  /** Names of the keys, as `pressKey` makes them; none where a panel listens itself. */
  readonly keys: readonly string[];
  /** The same for people. */
  readonly shown: string;
  readonly what: string;
}

export const KEY_TABLE = [
  { keys: ["/"], shown: "/", what: t("search a region or type a coordinate") },
  {
    keys: ["1", "2", "3", "4", "5"],
    shown: "1 2 3 4 5",
    what: t("four panels, horizontal, coronal, sagittal, 3D"),
  },
  {
    keys: ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"],
    shown: "← ↑ → ↓",
    what: t("move in the plane under the mouse"),
  },
  {
    keys: ["Shift+ArrowLeft", "Shift+ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"],
    shown: t("Shift + arrows"),
    what: t("tilt the planes"),
  },
  { keys: [",", ".", "<", ">"], shown: ", .", what: t("step one slice back or on") },
  { keys: ["+", "=", "-"], shown: "+ −", what: t("zoom in, zoom out") },
  { keys: ["0"], shown: "0", what: t("show the whole brain, upright") },
  {
    keys: ["Shift+F10", "ContextMenu"],
    shown: t("Shift + F10"),
    what: t("the menu at the middle of the panel"),
  },
  { keys: ["f"], shown: "F", what: t("fly to the selected region") },
  { keys: ["Escape"], shown: "Esc", what: t("clear the selection") },
  { keys: ["h"], shown: "H", what: t("hide the selected regions, or show them again") },
  { keys: ["i"], shown: "I", what: t("draw the selected regions alone, or all") },
  { keys: ["[", "]"], shown: "[ ]", what: t("draw the tree one level less deep, or deeper") },
  { keys: ["n"], shown: "N", what: t("names on the planes") },
  { keys: ["m"], shown: "M", what: t("surfaces in 3D: selected, all, none") },
  { keys: ["o"], shown: "O", what: t("regions filled, outlined or both") },
  { keys: ["r"], shown: "R", what: t("show or hide the regions") },
  { keys: ["t"], shown: "T", what: t("show or hide the template") },
  { keys: ["s"], shown: "S", what: t("share what you see by a short link") },
  { keys: ["v"], shown: "V", what: t("the views you shared") },
  {
    keys: ["a"],
    shown: "A",
    what: t("say the region under the cursor to a screen reader, or not"),
  },
  { keys: ["b"], shown: "B", what: t("open or close the drawer") },
  { keys: ["l"], shown: "L", what: t("open or close the layers panel") },
  { keys: ["p"], shown: "P", what: t("open or close the plane panel") },
  { keys: ["d"], shown: "D", what: t("annotations: draw, list, share") },
  {
    keys: [],
    shown: "P K Y G X E",
    what: t("while annotations are open: draw a point, line, path, polygon, box, ellipsoid"),
  },
  {
    keys: [],
    shown: t("Enter, Backspace"),
    what: t("end what is drawn; take the last click back"),
  },
  { keys: [], shown: "Ctrl + Z", what: t("undo; with Shift: do again") },
  { keys: ["?"], shown: "?", what: t("this help") },
] as const satisfies readonly Row[];

/** A key that does something on the map. */
export type Key = (typeof KEY_TABLE)[number]["keys"][number];
