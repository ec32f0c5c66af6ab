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

export function layOut(
  root: HTMLElement,
  rooms: Rooms,
  notices: Notices,
  help: Help,
  preview: Preview,
): Shell {
  const map = h("div", { class: "map", role: "region", "aria-label": t("Map of the brain") });
  const surface = h("div", { class: "surface" });
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
