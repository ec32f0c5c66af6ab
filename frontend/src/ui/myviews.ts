/** The views that this browser made: seen, opened, revised and revoked. */

import type { ViewBrief } from "../views";
import { t } from "../words";
import { askingButton, button, Dialog } from "./dialog";
import { fill, h, say } from "./dom";
import { day, time } from "./prose";

/** A view of this browser; what is `null` could not be asked, or is no more. */
export interface MyView {
  readonly id: string;
  readonly key: string;
  readonly brief: ViewBrief | null;
  readonly link: string;
  /** Address of its picture. */
  readonly picture: string;
}

export interface MyViewsEvents {
  onCopy(view: MyView): void;
  onRevise(view: MyView): void;
  onEdit(view: MyView): void;
  onRevisions(view: MyView, show: (revisions: readonly Revision[]) => void): void;
  onRevoke(view: MyView): void;
  onForget(view: MyView): void;
  onKey(key: string): void;
  onStory(): void;
}

export interface Revision {
  readonly number: number;
  readonly title: string;
  readonly made: string;
  readonly link: string;
}

export class MyViewsDialog {
  readonly dialog = new Dialog(t("My views"), "my-views");

  private readonly told = h("p", { class: "told", role: "status" });
  private readonly list = h("ul", { class: "view-list" });
  private readonly key = h("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": t("Edit key"),
    placeholder: t("Edit key"),
  });

  constructor(private readonly events: MyViewsEvents) {
    this.dialog.show(
      this.told,
      this.list,
      h(
        "div",
        { class: "acts" },
        button(t("Make a story"), () => events.onStory()),
      ),
      h(
        "form",
        {
          class: "import-key",
          onsubmit: (event: SubmitEvent) => {
            event.preventDefault();
            if (this.key.value.trim()) events.onKey(this.key.value.trim());
          },
        },
        h("label", {}, t("Add views made elsewhere, by their edit key"), this.key),
        h("button", { type: "submit", class: "button plain" }, t("Add")),
      ),
    );
  }

  showAsking(): void {
    if (this.list.childElementCount === 0) this.tell(t("Asking for your views…"));
    this.dialog.open();
  }

  show(views: readonly MyView[]): void {
    this.key.value = "";
    this.tell(
      views.length > 0
        ? ""
        : t(
            "This browser has made no views yet. Press S on the map to make a link of what you see.",
          ),
    );
    fill(this.list, ...views.map((view) => this.row(view)));
  }

  tell(words: string): void {
    say(this.told, words);
  }

  private row(view: MyView): HTMLElement {
    const { events } = this;
    if (!view.brief) {
      return h(
        "li",
        { class: "view-row" },
        h("p", {}, t("The view {id} is no longer on this server.", { id: view.id })),
        h(
          "div",
          { class: "acts" },
          button(t("Take it from this list"), () => events.onForget(view)),
        ),
      );
    }
    const { title, updated, revision, expires } = view.brief;
    const over = expires !== null && new Date(expires) <= new Date();
    const revisions = h("ul", { class: "revisions", hidden: true });
    const name = title || t("A view without a title");
    return h(
      "li",
      { class: "view-row" },
      h("img", { src: view.picture, alt: "", width: "120", height: "63", loading: "lazy" }),
      h(
        "div",
        { class: "view-told" },
        h("a", { class: "view-name", dir: "auto", href: view.link }, name),
        h(
          "p",
          { class: "byline" },
          h("time", { datetime: updated }, day(updated)),
          revision > 1 && h("span", {}, t("revision {n}", { n: revision })),
          expires !== null &&
            h(
              "span",
              {},
              over
                ? t("expired on {day}", { day: day(expires) })
                : t("until {day}", { day: day(expires) }),
            ),
        ),
        h(
          "div",
          { class: "acts" },
          button(t("Copy link"), () => events.onCopy(view)),
          button(t("Edit"), () => events.onEdit(view)),
          button(t("Show what I see now"), () => events.onRevise(view)),
          revision > 1 &&
            button(t("Revisions"), () =>
              events.onRevisions(view, (all) => showRevisions(revisions, all)),
            ),
          askingButton(
            t("Revoke"),
            t("The link will stop working for everybody."),
            t("Revoke"),
            () => events.onRevoke(view),
          ),
        ),
        revisions,
      ),
    );
  }
}

function showRevisions(list: HTMLElement, all: readonly Revision[]): void {
  list.hidden = false;
  fill(
    list,
    ...all.map(({ number, title, made, link }) =>
      h(
        "li",
        {},
        h("a", { href: link }, t("Revision {n}", { n: number })),
        " ",
        h("span", { class: "byline", dir: "auto" }, `${time(made)} ${title}`),
      ),
    ),
  );
}
