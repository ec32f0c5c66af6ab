/** The annotations of the page: which sets are shown, what is drawn, and every edit of it. */

import type { Vec3 } from "../geometry";
import type { ShownSet } from "../state";
import type { SetBook } from "./book";
import type { MarksClient } from "./client";
import { clicked, type Draft, endedOf, hovered, shortened, startDraft, wholeOf } from "./draft";
import { type Content, contentOf, type Mark } from "./mark";
import { OpenSet } from "./openset";
import { type Edit, type Op, withOps } from "./queue";
import { newName } from "./random";
import type { Sender } from "./sender";
import type { Points, Shape } from "./shapes";
import { did, NO_STEPS, redo, renamed, type Step, type Steps, undo } from "./steps";

export interface Chosen {
  readonly set: string;
  readonly item: string;
}

/** Told to whoever shows annotations. */
export interface MarksEvents {
  /** Anything may have changed. */
  onMarks(): void;
  /** Which sets are to be in the view. */
  onSets(sets: readonly ShownSet[]): void;
  /** Something to be told. */
  onWords(text: string): void;
  onFailed(error: unknown): void;
}

/** Two clicks this near and this soon, in pixels and ms, are a double click. */
const NEAR = 6;
const SOON = 400;

export class Marks {
  sets: readonly OpenSet[] = [];
  shown: readonly ShownSet[] = [];
  /** The set that is drawn into. */
  active: OpenSet | null = null;
  chosen: Chosen | null = null;
  /** What the next click draws; `null` picks. */
  tool: Shape | null = null;
  draft: Draft | null = null;
  /** A shape as it is being dragged. */
  moving: Points | null = null;
  steps: Steps = NO_STEPS;

  private clickedAt: { x: number; y: number; time: number } | null = null;

  constructor(
    readonly client: MarksClient,
    readonly book: SetBook,
    readonly sender: Sender,
    private readonly events: MarksEvents,
  ) {}

  // ------------------------------------------------------------ sets

  /** Show the sets that a view names. */
  follow(shown: readonly ShownSet[]): void {
    this.shown = shown;
    const known = new Map(this.sets.map((set) => [set.id, set]));
    const ids = [...new Set(shown.map(({ set }) => set))];
    const sets = ids.map((id) => known.get(id) ?? this.openSet(id));
    for (const set of this.sets) if (!sets.includes(set)) set.close();
    this.sets = sets;
    const active = this.active && sets.includes(this.active) ? this.active : null;
    this.activate(active ?? sets.at(-1) ?? null);
  }

  show(id: string, visible = true): void {
    const others = this.shown.filter(({ set }) => set !== id);
    const at = this.shown.findIndex(({ set }) => set === id);
    const entry = { ...this.entry(id), set: id, visible };
    const shown = at < 0 ? [...this.shown, entry] : this.shown.with(at, entry);
    this.events.onSets(at < 0 && others.length === 0 ? [entry] : shown);
    if (at < 0) this.activate(this.sets.find((set) => set.id === id) ?? this.active);
  }

  /** Draw a shown set otherwise. */
  dress(id: string, { coloring, range, region }: Omit<ShownSet, "set" | "visible">): void {
    const entry = this.entry(id);
    if (!entry) return;
    const dressed = {
      set: id,
      visible: entry.visible,
      ...(coloring ? { coloring } : {}),
      ...(range ? { range } : {}),
      ...(region ? { region } : {}),
    };
    this.events.onSets(this.shown.map((one) => (one === entry ? dressed : one)));
  }

  /** What the view says of a set. */
  entry(id: string): ShownSet | undefined {
    return this.shown.find(({ set }) => set === id);
  }

  hide(id: string): void {
    this.events.onSets(this.shown.filter(({ set }) => set !== id));
  }

  isVisible(id: string): boolean {
    return this.shown.some(({ set, visible }) => set === id && visible);
  }

  activate(set: OpenSet | null): void {
    if (set !== this.active) {
      this.cancel();
      this.active = set;
    }
    for (const other of this.sets) other.listen(other === set && !document.hidden);
    if (this.chosen && !this.sets.some(({ id }) => id === this.chosen?.set)) this.chosen = null;
    this.events.onMarks();
  }

  /** May annotations of a set be changed from here? */
  mayMark(set: OpenSet | null): boolean {
    if (!set?.info) return false;
    return set.info.access === "editable" || this.book.get(set.id)?.editKey != null;
  }

  /** The annotations of a set, with the edits that still wait. */
  of(set: OpenSet): ReadonlyMap<string, Mark> {
    const { ops } = this.sender;
    const last = this.combined.get(set);
    if (last && last.marks === set.marks && last.ops === ops) return last.all;
    const all = withOps(set.marks, ops, set.id);
    this.combined.set(set, { marks: set.marks, ops, all });
    return all;
  }
  private readonly combined = new WeakMap<
    OpenSet,
    { marks: unknown; ops: unknown; all: ReadonlyMap<string, Mark> }
  >();

  get chosenMark(): Mark | null {
    const set = this.sets.find(({ id }) => id === this.chosen?.set);
    return (set && this.chosen && this.of(set).get(this.chosen.item)) ?? null;
  }

  get conflicts(): readonly Op[] {
    return this.sender.ops.filter(({ trouble }) => trouble !== null);
  }

  choose(chosen: Chosen | null): void {
    this.chosen = chosen;
    this.moving = null;
    const set = this.sets.find(({ id }) => id === chosen?.set);
    if (set && set !== this.active) this.activate(set);
    this.events.onMarks();
  }

  // ------------------------------------------------------------ drawing

  take(tool: Shape | null): void {
    if (tool !== null && !this.mayMark(this.active)) return;
    this.tool = tool;
    this.draft = tool && startDraft(tool);
    if (tool) this.chosen = null;
    this.events.onMarks();
  }

  /** A click at a point of the world and of the window. */
  place(point: Vec3, x: number, y: number): void {
    if (!this.draft) return;
    const before = this.clickedAt;
    const time = performance.now();
    this.clickedAt = { x, y, time };
    if (before && time - before.time < SOON && Math.hypot(x - before.x, y - before.y) < NEAR) {
      this.clickedAt = null;
      this.finish();
      return;
    }
    this.draft = clicked(this.draft, point);
    const whole = wholeOf(this.draft);
    if (whole) this.made(this.draft.type, whole);
    this.events.onMarks();
  }

  hover(point: Vec3 | null): void {
    if (!this.draft || this.draft.clicks.length === 0) return;
    this.draft = hovered(this.draft, point);
    this.events.onMarks();
  }

  /** End a line or a polygon here. */
  finish(): void {
    const { draft } = this;
    const points = draft && endedOf(draft);
    if (!draft || !points) return;
    this.made(draft.type, points);
    this.events.onMarks();
  }

  /** Take the last click back. */
  stepBack(): void {
    if (this.draft) this.draft = shortened(this.draft);
    this.events.onMarks();
  }

  /** Let go of the shape that is drawn, then of the tool; false when there was nothing to let go. */
  cancel(): boolean {
    const had = this.tool !== null;
    if (this.draft && this.draft.clicks.length > 0) this.draft = startDraft(this.draft.type);
    else {
      this.tool = null;
      this.draft = null;
    }
    if (had) this.events.onMarks();
    return had;
  }

  private made(type: Shape, points: Points): void {
    this.draft = startDraft(type);
    this.add(type, points);
  }

  /** Put a shape into the active set. */
  add(type: Shape, points: Points): void {
    const { active, book } = this;
    if (!active) return;
    const content: Content = {
      type,
      points,
      label: "",
      text: "",
      color: book.color,
      tags: [],
      author: book.author,
      properties: {},
    };
    const item = `~${newName()}`;
    this.chosen = { set: active.id, item };
    void this.edit({ set: active.id, item, before: null, after: content });
  }

  // ------------------------------------------------------------ edits

  /** Revision → the one that an edit of ours made of it. */
  private readonly ours = new Map<string, number>();

  /** Our own name → the id that the server gave it. */
  private readonly names = new Map<string, string>();

  /** What has become of a revision by our own edits alone. */
  private grown(item: string, revision: number): number {
    let now = revision;
    for (let next = this.ours.get(`${item} ${now}`); next; next = this.ours.get(`${item} ${now}`)) {
      now = next;
    }
    return now;
  }

  /** Write an annotation anew. */
  write(set: string, mark: Mark, patch: Partial<Content>): Promise<void> {
    const before = contentOf(mark);
    const after = { ...before, ...patch };
    if (JSON.stringify(after) === JSON.stringify(before)) return Promise.resolve();
    return this.edit({ set, item: mark.id, before, after }, mark.revision);
  }

  remove(set: string, mark: Mark): Promise<void> {
    if (this.chosen?.item === mark.id) this.chosen = null;
    const step = { set, item: mark.id, before: contentOf(mark), after: null };
    return this.edit(step, mark.revision);
  }

  async undo(): Promise<void> {
    await this.walk(undo(this.steps));
  }

  async redo(): Promise<void> {
    await this.walk(redo(this.steps));
  }

  /** The server did an edit. */
  done(op: Op, item: string, revision: number, mark: Mark | null): void {
    if (op.base !== null) this.ours.set(`${item} ${op.base}`, revision);
    if (item !== op.item) {
      this.names.set(op.item, item);
      this.steps = renamed(this.steps, op.item, item);
      if (this.chosen?.item === op.item) this.chosen = { ...this.chosen, item };
    }
    this.sets.find(({ id }) => id === op.set)?.done(item, mark, revision);
  }

  /** Bring a revision of an annotation back, also of a deleted one. */
  async restore(set: OpenSet, item: string, revision: number): Promise<void> {
    const now = set.marks.get(item);
    const before = now ? now.revision : (set.deleted.get(item) ?? null);
    const asking = { key: this.book.keyOf(set.id), once: newName(), revision: before };
    const mark = await this.client.restore(set.id, item, revision, this.book.author, asking);
    set.done(item, mark, mark.revision);
    if (now) this.steps = did(this.steps, stepOf(set.id, item, now, mark));
  }

  private async walk(way: { steps: Steps; step: Step } | null): Promise<void> {
    if (!way) return;
    this.steps = way.steps;
    await this.send(way.step);
    if (way.step.after) this.choose({ set: way.step.set, item: way.step.item });
  }

  /** `base` is the revision that the edit was made on. */
  private async edit(step: Step, base = 0): Promise<void> {
    this.steps = did(this.steps, step);
    await this.send(step, base);
  }

  private async send(step: Step, base = 0): Promise<void> {
    try {
      await this.sender.take((ops) => this.editOf(step, base, ops));
    } catch (error) {
      this.events.onFailed(error);
    }
  }

  /** An edit on top of those that wait. */
  private editOf({ set, before, after, ...step }: Step, base: number, ops: readonly Op[]): Edit {
    const item = this.names.get(step.item) ?? step.item;
    const open = this.sets.find(({ id }) => id === set);
    const now = open?.marks.get(item);
    const last = now?.revision ?? open?.deleted.get(item) ?? null;
    const waiting = ops.some((op) => op.set === set && op.item === item);
    // Somebody changed it since: made on an older revision, the edit comes back as a conflict.
    const stale = now !== undefined && before !== null && !waiting && !same(now, before);
    const known =
      (base && this.grown(item, base)) || (stale ? Math.max(1, now.revision - 1) : last);
    const kind =
      after === null
        ? "delete"
        : before !== null
          ? "update"
          : known !== null || waiting
            ? "restore"
            : "create";
    return { set, item, kind, content: after, base: known, author: this.book.author };
  }

  private openSet(id: string): OpenSet {
    const set = new OpenSet(
      id,
      this.client,
      () => this.book.keyOf(id),
      () => {
        const { info } = set;
        if (info) this.book.learn(id, { title: info.title, space: info.space });
        this.events.onMarks();
      },
    );
    set.wanted = { region: this.entry(id)?.region ?? null };
    void set.open();
    return set;
  }
}

function same(a: Content, b: Content): boolean {
  return JSON.stringify(contentOf(a)) === JSON.stringify(contentOf(b));
}

function stepOf(set: string, item: string, before: Content, after: Content): Step {
  return { set, item, before: contentOf(before), after: contentOf(after) };
}
