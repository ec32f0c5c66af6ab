/** The dialog of a short link that was just made: the link, what is said with it, its key. */

import { t } from "../words";
import { askingButton, button, copyField, Dialog } from "./dialog";
import { h, say } from "./dom";
import { type Said, ViewForm } from "./viewform";

export interface ShareEvents {
  onSave(said: Said, anyway: boolean): void;
  onRevoke(): void;
  onAgain(): void;
  onPython(): void;
  onNeuroglancer(): void;
  onMine(): void;
  onStory(): void;
}

export interface Made {
  readonly url: string;
  readonly key: string;
  /** Does the browser keep the key? */
  readonly kept: boolean;
  /** Is it a story? */
  readonly story: boolean;
  /** Is it what the map shows now? */
  readonly here: boolean;
}

export class ShareDialog {
  readonly dialog = new Dialog(t("Share this view"), "share");

  private readonly told = h("p", { class: "told", role: "status" });
  private readonly save = button(t("Save"), () => this.saveNow(false), "main");
  private readonly anyway = button(t("Save mine all the same"), () => this.saveNow(true));
  /** A text that the browser lets no page copy. */
  private readonly byHand = h("textarea", {
    class: "by-hand",
    rows: "6",
    readonly: true,
    hidden: true,
    "aria-label": t("Text to copy"),
  });
  private form: ViewForm | null = null;
  /** What stood in the form when it was last kept, and when it was last sent. */
  private kept = "";
  private sent = "";

  constructor(private readonly events: ShareEvents) {}

  showMaking(): void {
    this.dialog.show(h("p", { role: "status" }, t("Making a short link…")));
    this.dialog.open();
  }

  /** The link is there: copy it, and let its maker say what it shows. */
  async showMade(made: Made, said: Said, copy: boolean): Promise<void> {
    const { events } = this;
    const link = copyField(t("Short link"), made.url, (ok) =>
      this.tell(ok ? t("The link is copied.") : t("Press Ctrl+C (⌘C) to copy the link.")),
    );
    this.form = new ViewForm(said, () => this.showChanged());
    this.kept = this.sent = this.form.filled;
    this.save.disabled = true;
    this.anyway.hidden = true;
    this.dialog.show(
      link.element,
      this.told,
      this.byHand,
      h("h3", {}, t("Say what is to be seen")),
      this.form.element,
      h("div", { class: "acts" }, this.save, this.anyway),
      keyPart(made, (text) => this.tell(text)),
      h("h3", {}, t("The same elsewhere")),
      h(
        "div",
        { class: "acts" },
        made.here && button(t("Copy Python for what I see"), () => events.onPython()),
        button(t("Copy Neuroglancer state"), () => events.onNeuroglancer()),
      ),
      h(
        "div",
        { class: "acts foot" },
        button(t("My views"), () => events.onMine()),
        button(made.story ? t("Edit the steps") : t("Make a story"), () => events.onStory()),
        askingButton(
          t("Revoke this link"),
          t("The link will stop working for everybody."),
          t("Revoke"),
          () => events.onRevoke(),
        ),
      ),
    );
    this.tell("");
    this.byHand.hidden = true;
    this.dialog.open();
    if (copy) await link.copy();
    this.form.focus();
  }

  /** No short link could be made: here is the long one, which asks nothing of the server. */
  async showFailed(words: string, long: string): Promise<void> {
    this.form = null;
    const link = copyField(t("Long link"), long, (ok) =>
      this.tell(
        ok ? t("The long link is copied instead.") : t("Press Ctrl+C (⌘C) to copy the long link."),
      ),
    );
    this.dialog.show(
      h("p", { class: "failed", role: "alert" }, t("No short link could be made."), " ", words),
      h("p", {}, t("The long link holds all of what you see in itself, and works as well.")),
      link.element,
      this.told,
      h(
        "div",
        { class: "acts" },
        button(t("Try again"), () => this.events.onAgain(), "main"),
      ),
    );
    this.tell("");
    this.dialog.open();
    await link.copy();
  }

  showSaved(words: string): void {
    this.kept = this.sent;
    this.anyway.hidden = true;
    this.save.disabled = this.form?.filled === this.kept;
    this.tell(words);
  }

  /** It could not be saved; `conflict` where somebody else was faster. */
  showUnsaved(words: string, conflict: boolean): void {
    this.anyway.hidden = !conflict;
    this.save.disabled = conflict;
    this.tell(words);
  }

  /** This browser lets no page copy: here is the text, selected. */
  showText(text: string): void {
    this.byHand.value = text;
    this.byHand.hidden = false;
    this.byHand.select();
    this.byHand.focus();
    this.tell(t("Press Ctrl+C (⌘C) to copy this."));
  }

  tell(words: string): void {
    say(this.told, words);
  }

  private saveNow(anyway: boolean): void {
    if (!this.form) return;
    this.save.disabled = true;
    this.sent = this.form.filled;
    this.tell(t("Saving…"));
    this.events.onSave(this.form.said(), anyway);
  }

  private showChanged(): void {
    // What is put back as it was is no new revision.
    this.save.disabled = this.form?.filled === this.kept;
    this.tell("");
  }
}

/** The key, shown once, with what it is for. */
export function keyPart(made: Made, tell: (words: string) => void): HTMLElement {
  const key = copyField(t("Edit key"), made.key, (ok) =>
    tell(ok ? t("The edit key is copied.") : t("Press Ctrl+C (⌘C) to copy the edit key.")),
  );
  return h(
    "details",
    { class: "key-part", open: !made.kept },
    h("summary", {}, t("Edit key: only who has it can change or revoke this link")),
    h(
      "p",
      {},
      made.kept
        ? t(
            "This browser keeps the key, under My views. It is not in the link, and the server " +
              "cannot tell it again: copy it to change the link from another computer.",
          )
        : t(
            "This browser lets the page keep nothing: copy the key now. It is not in the link, " +
              "and the server cannot tell it again.",
          ),
    ),
    key.element,
  );
}
