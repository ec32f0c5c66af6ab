/** The panel in which a story is made of what the map shows. */

import { MOST_STEPS, type StoryDraft } from "../story";
import { t } from "../words";
import { askingButton, button } from "./dialog";
import { fill, h, iconButton, say } from "./dom";

export interface StoryPanelEvents {
  onTitle(title: string): void;
  onAdd(): void;
  onTell(index: number, said: { title: string } | { text: string }): void;
  onShow(index: number): void;
  onReplace(index: number): void;
  onMove(index: number, by: number): void;
  onRemove(index: number): void;
  onPlay(): void;
  onSave(): void;
  onFilm(): void;
  onAnew(): void;
  onClose(): void;
}

export class StoryPanel {
  readonly element: HTMLElement;

  private readonly title = h("input", {
    type: "text",
    maxlength: "300",
    autocomplete: "off",
    "aria-label": t("Title of the story"),
    placeholder: t("Title of the story"),
    oninput: () => this.events.onTitle(this.title.value),
  });
  private readonly told = h("p", { class: "told", role: "status" });
  private readonly list = h("ol", { class: "step-list", "aria-label": t("Steps") });
  private readonly empty = h(
    "p",
    { class: "story-empty" },
    t(
      "A story leads from place to place. Go to the first place on the map and add it as a step; " +
        "then go to the next.",
    ),
  );
  private readonly add = button(t("Add this view as a step"), () => this.events.onAdd(), "main");
  private readonly play = button(t("Play"), () => this.events.onPlay());
  private readonly save = button(t("Save and copy the link"), () => this.events.onSave());
  private readonly film = button(t("Make a film"), () => this.events.onFilm());

  constructor(private readonly events: StoryPanelEvents) {
    this.element = h(
      "aside",
      {
        class: "story-panel",
        "aria-label": t("Make a story"),
        hidden: true,
        onkeydown: (event: KeyboardEvent) => this.pressed(event),
      },
      h(
        "header",
        {},
        h("h2", {}, t("Make a story")),
        iconButton("close", t("Close this panel; the story stays"), () => events.onClose()),
      ),
      h("div", { class: "story-body" }, this.title, this.empty, this.list, this.told),
      h(
        "div",
        { class: "acts foot" },
        this.add,
        this.play,
        this.save,
        this.film,
        askingButton(t("Start anew"), t("All steps go from this panel."), t("Start anew"), () =>
          events.onAnew(),
        ),
      ),
    );
  }

  show(draft: StoryDraft): void {
    if (this.title.value !== draft.title) this.title.value = draft.title;
    const { steps } = draft;
    this.empty.hidden = steps.length > 0;
    this.play.disabled = steps.length === 0;
    this.save.disabled = steps.length === 0;
    this.film.hidden = steps.length === 0;
    this.add.disabled = steps.length >= MOST_STEPS;
    say(this.save, draft.id ? t("Save as a new revision") : t("Save and copy the link"));
    fill(this.list, ...steps.map((step, i) => this.row(step, i, steps.length)));
  }

  tell(words: string): void {
    say(this.told, words);
  }

  /** Give the keys back to the map, at once. */
  letGo(): void {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && this.element.contains(activeElement)) {
      activeElement.blur();
    }
  }

  /** Put the focus on a step, where it was moved to or just added. */
  focusStep(index: number, what: "title" | "row"): void {
    const row = this.list.children[index];
    const target = what === "title" ? row?.querySelector("input") : row;
    row?.scrollIntoView({ block: "nearest" });
    if (target instanceof HTMLElement) target.focus();
    if (target instanceof HTMLInputElement) target.select();
  }

  private row(step: { title: string; text: string }, index: number, count: number): HTMLElement {
    const { events } = this;
    const number = index + 1;
    const title = h("input", {
      type: "text",
      value: step.title,
      maxlength: "300",
      autocomplete: "off",
      "aria-label": t("Title of step {number}", { number }),
      placeholder: t("Title"),
      oninput: () => events.onTell(index, { title: title.value }),
    });
    const text = h("textarea", {
      rows: "2",
      maxlength: "20000",
      "aria-label": t("Text of step {number}", { number }),
      placeholder: t("What is to be seen"),
      oninput: () => events.onTell(index, { text: text.value }),
    });
    text.value = step.text;
    const up = iconButton("up", t("Move step {number} up (Alt+↑)", { number }), () =>
      events.onMove(index, -1),
    );
    const down = iconButton("down", t("Move step {number} down (Alt+↓)", { number }), () =>
      events.onMove(index, 1),
    );
    up.disabled = index === 0;
    down.disabled = index === count - 1;
    return h(
      "li",
      { class: "step-row", tabindex: "-1", "data-step": String(index) },
      h("div", { class: "step-head" }, h("span", { class: "step-number" }, String(number)), title),
      text,
      h(
        "div",
        { class: "step-acts" },
        iconButton("target", t("Show step {number} on the map", { number }), () =>
          events.onShow(index),
        ),
        iconButton("replace", t("Let step {number} show what I see now", { number }), () =>
          events.onReplace(index),
        ),
        up,
        down,
        iconButton("trash", t("Remove step {number}", { number }), () => events.onRemove(index)),
      ),
    );
  }

  /** Alt and an arrow move the step that has the focus. */
  private pressed(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.events.onClose();
      return;
    }
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-step]");
    if (!row) return;
    event.preventDefault();
    this.events.onMove(Number(row.dataset.step), event.key === "ArrowUp" ? -1 : 1);
  }
}
