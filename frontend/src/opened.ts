/** The view that the page was opened by: shown as it was shared, with what its maker says of it. */

import type { WishedStep } from "./document";
import { formatHash } from "./link";
import { withStep } from "./place";
import type { Given, Session } from "./session";
import type { Wish } from "./state";
import type { Card, CardStep, ViewCard } from "./ui/viewcard";
import type { SharedView } from "./views";
import { t } from "./words";

/** A story that is played: of a shared view, or one that is being made. */
interface Tour {
  readonly card: Card;
  readonly steps: readonly WishedStep[];
  /** Go to a step; told by its number, counted from 1. */
  show(step: number, wish: Wish): void;
  readonly onLeave?: () => void;
}

const NO_CARD: Card = {
  title: "",
  text: "",
  author: "",
  made: null,
  revision: null,
  newest: null,
  notes: [],
  whole: null,
};

export class Opened {
  view: SharedView | null = null;
  /** Is a story being played? */
  playing = false;

  private tour: Tour | null = null;
  private step = 1;
  private aside = false;
  /** What the page itself could not follow. */
  private words: readonly string[] = [];

  constructor(
    private readonly session: Session,
    private readonly card: ViewCard,
    /** A page that only shows. */
    private readonly minimal: boolean,
    /** Where the whole page is. */
    private readonly home: URL,
  ) {}

  /** From now on the page's link names this view; a story is played from a step on. */
  open(view: SharedView, step: number | null): void {
    this.view = view;
    this.tour = this.tourOf(view);
    this.playing = this.tour !== null;
    this.step = this.within(step ?? 1);
    this.session.give(this.given(location.search));
    this.show();
  }

  /** The visitor walked to another step of the story, or away from it. */
  walked(search: string): Given | null {
    if (!this.view) return null;
    const asked = new URLSearchParams(search).get("step");
    if (this.tour) this.step = this.within(Number(asked ?? 1));
    this.show();
    return this.given(search);
  }

  /** Play steps that are not kept yet, to see what they will be like. */
  rehearse(title: string, steps: readonly WishedStep[], onLeave: () => void): void {
    const card = { ...NO_CARD, title };
    const show = (_: number, wish: Wish) => void this.session.openWish(wish, { fly: true });
    this.tour = { card, steps, show, onLeave };
    this.go(1);
  }

  /** Make room for something else, or come back. */
  stepAside(aside: boolean): void {
    this.aside = aside;
    this.show();
  }

  /** Words about what was just opened. */
  tell(words: readonly string[]): void {
    this.words = words;
    this.show();
  }

  go(step: number): void {
    if (!this.tour) return;
    this.step = this.within(step);
    this.playing = true;
    this.show();
    const { wish } = this.tour.steps[this.step - 1] as WishedStep;
    this.tour.show(this.step, wish);
  }

  /** The steps of the story that is open. */
  get steps(): readonly WishedStep[] {
    return this.tour?.steps ?? [];
  }

  /** So many steps on, or back. */
  by(steps: number): void {
    const next = this.within(this.step + steps);
    if (next !== this.step) this.go(next);
  }

  last(): void {
    this.go(this.tour?.steps.length ?? 1);
  }

  leave(): void {
    const { tour } = this;
    this.playing = false;
    this.tour = this.view ? this.tourOf(this.view) : null;
    this.show();
    tour?.onLeave?.();
  }

  /** Bring back what was shared. */
  restore(): void {
    if (this.view) void this.session.openGiven({ chosen: true, fly: true });
    else this.go(this.step);
  }

  /** Anything may have changed on the map. */
  showStrayed(): void {
    this.card.showStrayed(this.view !== null && this.session.strayed);
  }

  private tourOf(view: SharedView): Tour | null {
    const { steps } = view.told;
    if (steps.length === 0) return null;
    return { card: this.cardOf(view), steps, show: (n) => this.showShared(n) };
  }

  private showShared(step: number): void {
    this.session.give(this.given(withStep(location.search, step)));
    void this.session.openGiven({ chosen: true, fly: true });
  }

  private given(search: string): Given | null {
    if (!this.view) return null;
    const { told } = this.view;
    const { wish } = told.steps[this.step - 1] ?? told;
    return { wish, notices: told.notices, search };
  }

  private within(step: number): number {
    const most = this.tour?.steps.length ?? 1;
    return Math.min(most, Math.max(1, Number.isFinite(step) ? step : 1));
  }

  private show(): void {
    const card = this.tour?.card ?? (this.view && this.cardOf(this.view));
    if (!card || this.aside) {
      this.card.hide();
      return;
    }
    this.card.show({ ...card, notes: this.notesOf(card) }, this.stepNow());
    this.showStrayed();
  }

  private stepNow(): CardStep | null {
    const step = this.tour?.steps[this.step - 1];
    if (!this.tour || !step) return null;
    const { title, text } = step;
    const count = this.tour.steps.length;
    return { title, text, number: this.step, count, playing: this.playing };
  }

  /** The server knows best what has changed; where it says nothing the page's own words stand. */
  private notesOf(card: Card): readonly string[] {
    return card.notes.length > 0 ? card.notes : this.words;
  }

  private cardOf(view: SharedView): Card {
    const { title, text, author, updated, revision, newest } = view;
    const foreign =
      view.document === null
        ? [t("This view shows data of another server: here is what this one begins with.")]
        : [];
    return {
      title,
      text,
      author,
      made: updated,
      revision,
      newest: revision < newest ? location.pathname : null,
      notes: [...foreign, ...view.changes],
      whole: this.minimal ? () => this.home.href + formatHash(this.session.view) : null,
    };
  }
}
