/** Text from people: its line breaks are kept, its safe addresses can be followed, all else is text. */

import { linked } from "../linked";
import { h } from "./dom";

export function prose(text: string): HTMLElement {
  return h(
    "p",
    { class: "prose", dir: "auto" },
    ...linked(text).map((piece) =>
      typeof piece === "string"
        ? piece
        : h(
            "a",
            { href: piece.href, target: "_blank", rel: "noopener noreferrer nofollow" },
            piece.href,
          ),
    ),
  );
}

/** A moment as a day, in the reader's own way of writing. */
export function day(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime())
    ? moment
    : date.toLocaleDateString(document.documentElement.lang || "en", { dateStyle: "medium" });
}
