/** Where the rooms lie in the page. */

import type { Rooms } from "../rooms";
import { t } from "../words";
import { h } from "./dom";
import type { Help } from "./help";
import type { Notices } from "./notices";
import type { Preview } from "./preview";
import { Tooltip } from "./tooltip";

export interface Shell {
  /** What the engine draws on. */
  readonly surface: HTMLElement;
  readonly preview: Preview;
  readonly tooltip: Tooltip;
  readonly drawer: HTMLElement;
  /** The map, and what it lies in together with the panels over it. */
  readonly map: HTMLElement;
  readonly stage: HTMLElement;
}

/**
 * What the engine draws on: one place for the keyboard, whichever of its parts the engine gives the
 * focus to. A screen reader hands the keys on there.
 */
function surfaceOf(): HTMLElement {
  const surface = h("div", {
    class: "surface",
    role: "application",
    tabindex: "0",
    "aria-label": t("The brain"),
    "aria-describedby": "crosshair map-keys",
    onfocusin: () => {
      if (document.activeElement !== surface) surface.focus({ preventScroll: true });
      surface.classList.toggle("by-key", tabbed);
    },
  });
  let tabbed = false;
  window.addEventListener("keydown", ({ key }) => (tabbed = key === "Tab"), true);
  window.addEventListener("pointerdown", () => (tabbed = false), true);
  return surface;
}

export function layOut(
  root: HTMLElement,
  rooms: Rooms,
  notices: Notices,
  help: Help,
  preview: Preview,
): Shell {
  const map = h("div", { class: "map", role: "region", "aria-label": t("Map of the brain") });
  const surface = surfaceOf();
  const tooltip = new Tooltip(map);
  map.append(
    surface,
    preview.element,
    rooms.names.element,
    rooms.markCanvas.element,
    rooms.overlay.element,
    rooms.minimap.element,
    rooms.handMarks.element,
    tooltip.element,
    h(
      "p",
      { id: "map-keys", class: "off-screen" },
      t(
        "Arrow keys move, comma and full stop step through the slices, plus and minus zoom; 2, 3 and 4 show one plane alone. What is at the crosshair then is said.",
      ),
    ),
  );
  const drawer = h(
    "aside",
    { id: "drawer", class: "drawer", "aria-label": t("Regions") },
    rooms.search.element,
    rooms.treeTools.element,
    rooms.treeView.element,
    rooms.volumeList.element,
    rooms.details.element,
  );
  const { viewCard } = rooms;
  const stage = h(
    "main",
    { class: "stage" },
    map,
    rooms.markTools.bar,
    rooms.layers.element,
    viewCard.unfold,
    rooms.pointTable.element,
    rooms.pointMenu.element,
    notices.element,
  );
  root.replaceChildren(
    rooms.toolbar.element,
    h(
      "div",
      { class: "body" },
      drawer,
      stage,
      rooms.storyPanel.element,
      rooms.marks.element,
      viewCard.element,
    ),
    rooms.status.element,
    help.element,
    rooms.toolbar.picker.element,
  );
  return { surface, preview, tooltip, drawer, map, stage };
}
