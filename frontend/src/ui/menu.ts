/** A button that opens a short list of what can be done. */

import { h, type IconName, icon } from "./dom";

export interface MenuEntry {
  readonly label: string;
  /** Only where the bar has no room for a button of its own. */
  readonly narrow?: boolean;
  run(): void;
}

export function menu(name: IconName, title: string, entries: readonly MenuEntry[]): HTMLElement {
  const summary = h("summary", { class: "icon-button", title, "aria-label": title }, icon(name));
  const list = h(
    "div",
    // Where a click focuses no button, it focuses the list: that is no way out of it.
    { class: "menu-list", tabindex: "-1" },
    ...entries.map(({ label, narrow, run }) =>
      h(
        "button",
        {
          type: "button",
          class: narrow ? "narrow-only" : undefined,
          onclick: () => {
            // A dialog gives the focus back to what had it.
            summary.focus();
            element.open = false;
            run();
          },
        },
        label,
      ),
    ),
  );
  const element = h("details", { class: "menu" }, summary, list);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    element.open = false;
    summary.focus();
    event.stopPropagation();
  });
  element.addEventListener("focusout", (event) => {
    if (!element.contains(event.relatedTarget as Node | null)) element.open = false;
  });
  return element;
}
