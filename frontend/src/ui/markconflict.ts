/** An edit that the server did not take: mine and theirs side by side. */

import type { Content } from "../marks/mark";
import type { Op } from "../marks/queue";
import { t } from "../words";
import { h } from "./dom";
import { measureText, shapeName } from "./markwords";

export interface ConflictEvents {
  onKeepMine(): void;
  onTakeTheirs(): void;
}

export function conflictCard(op: Op, events: ConflictEvents): HTMLElement {
  const { trouble, content } = op;
  const theirs = trouble?.theirs ?? null;
  const refused = trouble?.kind === "refused";
  const name = content?.label || theirs?.label || shapeName((content ?? theirs)?.type ?? "point");
  const button = (label: string, kind: string, onclick: () => void) =>
    h("button", { type: "button", class: kind, onclick }, label);
  const title = refused
    ? t("“{name}” was not saved", { name })
    : theirs
      ? t("“{name}” was changed by {who} meanwhile", { name, who: theirs.author || t("somebody") })
      : t("“{name}” was deleted meanwhile", { name });
  return h(
    "section",
    { class: "conflict", role: "alert" },
    h("h3", {}, title),
    refused && h("p", {}, trouble?.why ?? ""),
    !refused &&
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("td", {}), th(t("Mine")), th(t("Theirs")))),
        h(
          "tbody",
          {},
          ...differences(content, theirs).map(([what, mine, other]) =>
            h("tr", {}, h("th", { scope: "row" }, what), h("td", {}, mine), h("td", {}, other)),
          ),
        ),
      ),
    h(
      "div",
      { class: "conflict-ways" },
      button(refused ? t("Try again") : t("Keep mine"), "pill", () => events.onKeepMine()),
      button(refused ? t("Give it up") : t("Take theirs"), "text-button", () =>
        events.onTakeTheirs(),
      ),
    ),
  );
}

function th(text: string): HTMLElement {
  return h("th", { scope: "col" }, text);
}

/** What differs, in words. */
function differences(mine: Content | null, theirs: Content | null): [string, string, string][] {
  const gone = t("deleted");
  const rows: [string, (content: Content) => string][] = [
    [t("Label"), ({ label }) => label],
    [t("Text"), ({ text }) => text],
    [t("Tags"), ({ tags }) => tags.join(", ")],
    [t("Colour"), ({ color }) => color ?? ""],
    [t("Author"), ({ author }) => author],
    [t("Shape"), placed],
  ];
  if (!mine || !theirs)
    return [[t("Annotation"), mine ? placed(mine) : gone, theirs ? placed(theirs) : gone]];
  return rows
    .map(([what, read]): [string, string, string] => [what, read(mine), read(theirs)])
    .filter(([, a, b]) => a !== b)
    .map(([what, a, b]) => [what, a || "–", b || "–"]);
}

function placed({ type, points }: Content): string {
  const at = (points[0] ?? []).map((value) => value.toFixed(2)).join(", ");
  return [shapeName(type), measureText(type, points), at].filter(Boolean).join(" · ");
}
