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
  return written(moment, { dateStyle: "medium" });
}

/** A moment as day and time, in the reader's own way of writing. */
export function time(moment: string): string {
  return written(moment, { dateStyle: "medium", timeStyle: "short" });
}

function written(moment: string, how: Intl.DateTimeFormatOptions): string {
  const date = new Date(moment);
  const language = document.documentElement.lang || "en";
  // Of the page's language, the kind that the reader's browser asks for.
  const own = navigator.languages.find((one) => one.split("-")[0] === language);
  return Number.isNaN(date.getTime()) ? moment : date.toLocaleString(own ?? language, how);
}
