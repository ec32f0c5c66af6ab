/** Instead of the page: the view that its address names is not there. */

import { t } from "../words";
import { h } from "./dom";

/** `gone`: it was there once. `said` are the server's own words, `home` is the page itself. */
export function gonePage(gone: boolean, said: string, home: string): HTMLElement {
  return h(
    "main",
    { class: "cannot gone" },
    h("h1", {}, gone ? t("This view is no longer here") : t("There is no such view")),
    h("p", { dir: "auto" }, said),
    h(
      "p",
      {},
      gone
        ? t(
            "Whoever made it decided how long its link works, and what it held is not shown any " +
              "more. Ask the person who gave you the link for a new one.",
          )
        : t(
            "See that the address is whole: links are easily cut where a line ends. Or ask the " +
              "person who gave it to you.",
          ),
    ),
    h("p", {}, h("a", { class: "pill", href: home }, t("Open the atlas"))),
  );
}
