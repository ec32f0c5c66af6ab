/** The story that is being made: kept in the browser as it grows, played, and shared. */

import { fromDocument, type WishedStep } from "./document";
import { spaceOf } from "./library";
import type { Opened } from "./opened";
import type { Session } from "./session";
import {
  NO_STORY,
  type StoryDraft,
  stepOf,
  storyDocument,
  storyFrom,
  withAdded,
  withoutStep,
  withStepChanged,
  withStepMoved,
} from "./story";
import type { StoryPanel } from "./ui/storypanel";
import { t } from "./words";

export class StoryMaking {
  open = false;
  private draft: StoryDraft = NO_STORY;
  private readonly name: string;

  constructor(
    base: URL,
    private readonly session: Session,
    private readonly opened: Opened,
    private readonly panel: StoryPanel,
    private readonly titleNow: () => string,
    /** Keep the story on the server; it is told by which id. */
    private readonly share: (draft: StoryDraft) => void,
  ) {
    this.name = `atlasview:story:${base.pathname}`;
    try {
      this.draft = storyFrom(localStorage.getItem(this.name));
    } catch {
      // The browser keeps nothing: the story lives as long as the page.
    }
  }

  show(open: boolean): void {
    this.open = open;
    this.opened.stepAside(open);
    if (!open) this.panel.letGo();
    this.panel.element.hidden = !open;
    if (!open) return;
    this.panel.show(this.draft);
    this.panel.element.querySelector("input")?.focus();
  }

  /** As they would be played. */
  get steps(): readonly WishedStep[] {
    return this.draft.steps.length > 0 ? fromDocument(storyDocument(this.draft)).steps : [];
  }

  /** Go on with a story that was shared before. */
  edit(draft: StoryDraft): void {
    this.put(draft);
    this.show(true);
  }

  /** It is on the server now: saved again it becomes a new revision. */
  kept(id: string | null): void {
    this.put({ ...this.draft, id });
    this.panel.show(this.draft);
  }

  readonly events = {
    onTitle: (title: string) => this.put({ ...this.draft, title }),
    onAdd: () => {
      this.redraw(withAdded(this.draft, this.stepNow(this.titleNow())));
      this.panel.tell(t("Step {number} is added.", { number: this.draft.steps.length }));
      this.panel.focusStep(this.draft.steps.length - 1, "title");
    },
    onTell: (index: number, said: { title: string } | { text: string }) =>
      this.put(withStepChanged(this.draft, index, said)),
    onShow: (index: number) => {
      const step = fromDocument(storyDocument(this.draft)).steps[index];
      if (step) void this.session.openWish(step.wish, { fly: true });
    },
    onReplace: (index: number) => {
      const before = this.draft.steps[index];
      if (!before) return;
      const { title: _, text: __, ...shown } = this.stepNow("");
      this.redraw(withStepChanged(this.draft, index, shown));
      this.panel.tell(t("Step {number} shows what you see now.", { number: index + 1 }));
      this.panel.focusStep(index, "row");
    },
    onMove: (index: number, by: number) => {
      this.redraw(withStepMoved(this.draft, index, by));
      const to = Math.min(this.draft.steps.length - 1, Math.max(0, index + by));
      this.panel.tell(t("It is step {number} now.", { number: to + 1 }));
      this.panel.focusStep(to, "row");
    },
    onRemove: (index: number) => {
      this.redraw(withoutStep(this.draft, index));
      this.panel.tell(t("Step {number} is removed.", { number: index + 1 }));
      this.panel.focusStep(Math.min(index, this.draft.steps.length - 1), "row");
    },
    onPlay: () => {
      const { title, steps } = this.draft;
      this.show(false);
      this.opened.rehearse(title, fromDocument({ version: 2, steps }).steps, () => this.show(true));
    },
    onSave: () => this.share(this.draft),
    onAnew: () => {
      this.redraw(NO_STORY);
      this.panel.tell("");
    },
    onClose: () => this.show(false),
  };

  private stepNow(title: string) {
    const { view, loaded } = this.session;
    return stepOf(view, spaceOf(loaded), title);
  }

  private redraw(draft: StoryDraft): void {
    this.put(draft);
    this.panel.show(draft);
  }

  private put(draft: StoryDraft): void {
    this.draft = draft;
    try {
      localStorage.setItem(this.name, JSON.stringify(draft));
    } catch {
      this.panel.tell(t("This browser keeps nothing: save the story before you leave the page."));
    }
  }
}
