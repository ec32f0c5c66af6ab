/** Beside the map: what a shared view shows, who made it, and the steps of a story. */

import { plural, t } from "../words";
import { fill, h, icon, iconButton, say } from "./dom";
import { day, prose } from "./prose";

export interface CardEvents {
  onReturn(): void;
  /** Show another step, counted from 1. */
  onStep(step: number): void;
  onPlay(): void;
  onLeave(): void;
}

/** What the card tells. */
export interface Card {
  readonly title: string;
  readonly text: string;
  readonly author: string;
  /** When it was made; `null` for what was not kept yet. */
  readonly made: string | null;
  readonly revision: number | null;
  /** Where a newer revision is; `null` when this is the newest. */
  readonly newest: string | null;
  /** What has changed since, and what could not be followed. */
  readonly notes: readonly string[];
  /** Gives where the whole page shows what is shown now; `null` when this is the whole page. */
  readonly whole: (() => string) | null;
}

export interface CardStep {
  readonly title: string;
  readonly text: string;
  readonly number: number;
  readonly count: number;
  readonly playing: boolean;
}

export class ViewCard {
  readonly element: HTMLElement;
  /** What brings the card back once it is folded. */
  readonly unfold: HTMLButtonElement;

  private readonly body = h("div", { class: "view-body", tabindex: "0", role: "group" });
  private readonly told = h("p", { class: "unseen", "aria-live": "polite" });
  private readonly back = h(
    "button",
    { type: "button", class: "pill", hidden: true, onclick: () => this.events.onReturn() },
    icon("home"),
    h("span", {}),
  );
  private readonly earlier = h(
    "button",
    { type: "button", class: "step-button", onclick: () => this.step(-1) },
    icon("back"),
    t("Back"),
  );
  private readonly later = h(
    "button",
    { type: "button", class: "step-button next", onclick: () => this.step(1) },
    t("Next"),
    icon("chevron"),
  );
  private readonly place = h("span", { class: "step-place" });
  private readonly bar = h("progress", { class: "step-bar", "aria-hidden": "true", value: "0" });
  private readonly player = h(
    "nav",
    { class: "player", "aria-label": t("Steps of this story"), hidden: true },
    this.bar,
    h("div", { class: "player-row" }, this.earlier, this.place, this.later),
  );
  private readonly play = h(
    "button",
    { type: "button", class: "pill", hidden: true, onclick: () => this.events.onPlay() },
    icon("play"),
    t("Play this story"),
  );
  private readonly leave = iconButton("close", t("Leave the story (Esc)"), () =>
    this.events.onLeave(),
  );
  private readonly fold = iconButton("fold", t("Put this card away"), () => this.showFolded(true));
  private readonly kind = h("p", { class: "view-kind" });
  private folded = false;
  private now: CardStep | null = null;

  constructor(private readonly events: CardEvents) {
    this.unfold = h("button", {
      type: "button",
      class: "view-unfold",
      hidden: true,
      onclick: () => this.showFolded(false),
    });
    this.element = h(
      "aside",
      { class: "view-card", "aria-label": t("About this view"), hidden: true },
      // Where the kind stands: nothing else moves when it comes.
      h("header", {}, this.kind, this.back, this.leave, this.fold),
      this.body,
      h("div", { class: "view-acts" }, this.play),
      this.player,
      this.told,
    );
  }

  show(card: Card, step: CardStep | null): void {
    this.now = step;
    const playing = step?.playing === true;
    say(this.kind, kindOf(card, step));
    this.body.setAttribute("aria-label", card.title || t("A view without a title"));
    fill(this.body, ...(playing && step ? stepParts(card, step) : wholeParts(card)));
    this.body.scrollTop = 0;
    this.player.hidden = !playing;
    this.leave.hidden = !playing;
    this.play.hidden = step === null || playing;
    if (step) this.showStep(step);
    say(this.back.lastElementChild as Element, returnWords(playing));
    say(this.unfold, card.title || t("About this view"));
    this.element.classList.toggle("plays", playing);
    this.showFolded(this.folded);
  }

  /** Is what is shown not what was shared? */
  showStrayed(strayed: boolean): void {
    this.back.hidden = !strayed;
    this.kind.hidden = strayed;
  }

  hide(): void {
    this.element.hidden = true;
    this.unfold.hidden = true;
  }

  private showStep({ number, count, title, playing }: CardStep): void {
    const place = t("{number} of {count}", { number, count });
    say(this.place, place);
    this.bar.max = count;
    this.bar.value = number;
    this.earlier.disabled = number <= 1;
    this.later.disabled = number >= count;
    say(this.told, playing ? `${place}. ${title}` : "");
  }

  private showFolded(folded: boolean): void {
    const had = this.element.contains(document.activeElement);
    this.folded = folded;
    this.element.hidden = folded;
    this.unfold.hidden = !folded;
    if (folded && had) this.unfold.focus();
    if (!folded && document.activeElement === this.unfold) this.fold.focus();
  }

  private step(by: number): void {
    if (this.now) this.events.onStep(this.now.number + by);
  }
}

function kindOf(card: Card, step: CardStep | null): string {
  if (step?.playing) return card.title || t("A story");
  if (step) return plural(step.count, "Story of {n} step", "Story of {n} steps");
  return t("Shared view");
}

function returnWords(playing: boolean): string {
  return playing ? t("Return to this step") : t("Return to the shared view");
}

function wholeParts(card: Card): Node[] {
  return [
    h("h2", { dir: "auto" }, card.title || t("A view without a title")),
    byline(card),
    ...(card.text ? [prose(card.text)] : []),
    ...notes(card),
    ...foot(card),
  ];
}

function stepParts(card: Card, step: CardStep): Node[] {
  const first = step.number === 1;
  return [
    h("h2", { dir: "auto" }, step.title || t("Step {number}", { number: step.number })),
    ...(first ? [byline(card)] : []),
    ...(step.text ? [prose(step.text)] : []),
    ...(first && card.text && card.text !== step.text ? [prose(card.text)] : []),
    ...(first ? notes(card) : []),
    ...foot(card),
  ];
}

function byline({ author, made, revision, newest }: Card): HTMLElement {
  const parts = [
    author && h("span", { dir: "auto" }, author),
    made && h("time", { datetime: made }, day(made)),
    revision !== null && revision > 1 && h("span", {}, t("revision {n}", { n: revision })),
    newest !== null && h("a", { href: newest }, t("see the newest revision")),
  ];
  return h("p", { class: "byline" }, ...parts);
}

function notes({ notes }: Card): HTMLElement[] {
  if (notes.length === 0) return [];
  return [
    h(
      "section",
      { class: "view-notes" },
      h("h3", {}, t("Not as it was when this was made")),
      h("ul", {}, ...notes.map((note) => h("li", { dir: "auto" }, note))),
    ),
  ];
}

function foot({ whole }: Card): HTMLElement[] {
  if (whole === null) return [];
  const link = h(
    "a",
    { href: whole(), onclick: () => link.setAttribute("href", whole()) },
    t("Open in AtlasView"),
  );
  return [h("p", { class: "byline" }, link)];
}
