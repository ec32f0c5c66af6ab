/** The panel in which a film is made: the places it stops at, and how fast it goes. */

import type { KeyFrame, Pace } from "../film";
import { plural, t } from "../words";
import { fill, h, iconButton, say } from "./dom";

export interface FilmPanelEvents {
  onAdd(): void;
  onStory(): void;
  onGo(index: number): void;
  onRemove(index: number): void;
  onPace(pace: Partial<Pace>): void;
  onMake(): void;
  onCancel(): void;
  onClose(): void;
}

export interface FilmState {
  readonly keys: readonly KeyFrame[];
  readonly pace: Pace;
  readonly seconds: number;
  /** Is there a story whose steps can be taken? */
  readonly story: boolean;
  /** Why no film can be made; `null` when it can. */
  readonly hindrance: string | null;
  /** Of the film that is being made. */
  readonly progress: { readonly done: number; readonly count: number } | null;
}

export class FilmPanel {
  readonly element: HTMLElement;

  private readonly list = h("ol", { class: "kept-planes film-keys" });
  private readonly story: HTMLButtonElement;
  private readonly add: HTMLButtonElement;
  private readonly stay: HTMLInputElement;
  private readonly flight: HTMLInputElement;
  private readonly make: HTMLButtonElement;
  private readonly cancel: HTMLButtonElement;
  private readonly bar = h("progress", { max: "1", "aria-label": t("Making the film") });
  private readonly note = h("p", { class: "plane-note", role: "status" });

  constructor(private readonly events: FilmPanelEvents) {
    const button = (text: string, kind: string, onclick: () => void) =>
      h("button", { type: "button", class: kind, onclick }, text);
    this.add = button(t("Add this view"), "text-button", () => events.onAdd());
    this.story = button(t("Take the story’s steps"), "text-button", () => events.onStory());
    this.make = button(t("Make the film"), "pill", () => events.onMake());
    this.cancel = button(t("Cancel"), "text-button", () => events.onCancel());
    const seconds = (id: string, min: string, onPace: (value: number) => void) => {
      const input: HTMLInputElement = h("input", {
        type: "number",
        id,
        min,
        max: "30",
        step: "0.1",
        onchange: () => {
          if (input.value !== "" && input.validity.valid) onPace(Number(input.value));
        },
      });
      return input;
    };
    this.stay = seconds("film-stay", "0.1", (stay) => events.onPace({ stay }));
    this.flight = seconds("film-flight", "0", (flight) => events.onPace({ flight }));
    const row = (id: string, name: string, field: HTMLElement) =>
      h("div", { class: "figure-row" }, h("label", { for: id }, name), field);
    this.element = h(
      "section",
      { id: "film", class: "plane-panel film-panel", "aria-label": t("A film"), hidden: true },
      h(
        "header",
        {},
        h("h2", {}, t("A film")),
        iconButton("close", t("Close the film panel"), () => events.onClose()),
      ),
      h(
        "p",
        { class: "plane-note" },
        t(
          "A film flies from view to view. Go to a place on the map and add it; then go to the next.",
        ),
      ),
      this.list,
      h("div", { class: "plane-row" }, this.add, this.story),
      row("film-stay", t("Seconds at each"), this.stay),
      row("film-flight", t("Seconds between"), this.flight),
      h("div", { class: "plane-row" }, this.make, this.bar, this.cancel),
      this.note,
    );
  }

  focus(): void {
    this.add.focus();
  }

  tell(words: string): void {
    say(this.note, words);
  }

  show({ keys, pace, seconds, story, hindrance, progress }: FilmState): void {
    const making = progress !== null;
    fill(
      this.list,
      ...keys.map(({ title }, i) => {
        const name = title === "" ? t("View {n}", { n: i + 1 }) : title;
        return h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "crumb",
              disabled: making,
              onclick: () => this.events.onGo(i),
            },
            name,
          ),
          iconButton("close", t("Take {name} out of the film", { name }), () =>
            this.events.onRemove(i),
          ),
        );
      }),
    );
    if (document.activeElement !== this.stay) this.stay.value = String(pace.stay);
    if (document.activeElement !== this.flight) this.flight.value = String(pace.flight);
    this.story.hidden = !story;
    for (const button of [this.add, this.story, this.stay, this.flight]) button.disabled = making;
    this.make.disabled = making || keys.length < 2 || hindrance !== null;
    this.bar.hidden = this.cancel.hidden = !making;
    if (progress) this.bar.value = progress.done / progress.count;
    if (hindrance !== null) this.tell(hindrance);
    else if (progress) {
      this.tell(
        t("Picture {done} of {count}. The map shows what is filmed.", {
          done: progress.done,
          count: progress.count,
        }),
      );
    } else if (keys.length < 2) this.tell(t("A film takes two views at least."));
    else this.tell(plural(Math.round(seconds), "{n} second", "{n} seconds"));
  }
}
