/** One annotation set that is shown: what the server told of it, kept in step. */

import { type MarksClient, Refused, type Wanted } from "./client";
import { follow } from "./events";
import type { Change, Mark, SetInfo } from "./mark";
import { SHAPES, type Shape } from "./shapes";

/** Up to so many annotations are all held here; of more, only those that the list shows. */
export const WHOLE = 5000;
/** Annotations of a large set in the list. */
const LISTED = 1000;
const PAGE = 2500;
/** How often a set is looked at that is not listened to, in ms. */
const LOOK = 4000;
/** How often the pass to a private set is asked for anew, in ms: it is good for twice as long. */
const PASS = 6 * 3600_000;

export type Progress = "loading" | "ready" | "failed";

export class OpenSet {
  info: SetInfo | null = null;
  marks: ReadonlyMap<string, Mark> = new Map();
  progress: Progress = "loading";
  /** Why it cannot be shown. */
  why = "";
  live = false;
  /** Of a set too large to be held: which annotations the list asks for. */
  wanted: Wanted = {};
  /** Is there more than what is held here? */
  partial = false;
  /** Of a large set: the types there are, and how often it changed since it was opened. */
  types: readonly Shape[] = [];
  changes = 0;
  /** Deleted annotations, and in which revision. */
  readonly deleted = new Map<string, number>();

  private seen = 0;
  private letInAt = Number.NEGATIVE_INFINITY;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private stopping = new AbortController();
  private listening = false;

  constructor(
    readonly id: string,
    private readonly client: MarksClient,
    private readonly key: () => string | null,
    private readonly onChange: () => void,
  ) {}

  /** Is it drawn from the server's index, cell by cell? */
  get large(): boolean {
    return this.types.length > 0;
  }

  async open(): Promise<void> {
    this.progress = "loading";
    this.onChange();
    const { signal } = this.stopping;
    try {
      await this.load(signal);
      this.progress = "ready";
    } catch (error) {
      if (signal.aborted) return;
      this.progress = "failed";
      this.why = error instanceof Error ? error.message : String(error);
      if (!(error instanceof Refused)) this.again(() => void this.open());
    }
    this.onChange();
    if (this.progress === "ready") this.listen(this.listening);
  }

  /** Hear of changes at once, or look now and then: a browser has few connections to a server. */
  listen(closely: boolean): void {
    this.listening = closely;
    if (this.progress !== "ready") return;
    this.stopping.abort();
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    if (!closely) {
      this.setLive(false);
      this.again(() => void this.look(signal));
      return;
    }
    void follow(
      this.client,
      this.id,
      () => this.seen,
      this.key,
      {
        onChange: (change) => this.apply(change),
        onSet: (info) => {
          this.info = { ...(this.info ?? info), ...info };
          this.onChange();
        },
        onReload: () => void this.reload(),
        onGone: (why) => this.fail(why),
        onLive: (live) => this.setLive(live),
      },
      signal,
    );
  }

  close(): void {
    clearTimeout(this.renewal);
    this.stopping.abort();
  }

  /** Of a large set: list other annotations. */
  async want(wanted: Wanted): Promise<void> {
    this.wanted = wanted;
    if (this.large) await this.reload();
  }

  /** Something happened to an annotation. */
  apply({ revision, item, itemRevision, mark }: Change): void {
    this.seen = Math.max(this.seen, revision);
    this.put(item, mark, itemRevision);
    this.changes += 1;
    this.onChange();
  }

  /** The server did what we asked: it will tell so itself, a moment later. */
  done(item: string, mark: Mark | null, revision: number): void {
    this.put(item, mark, revision);
    this.onChange();
  }

  /** Look up an annotation of a large set that is not listed. */
  async find(place: number): Promise<Mark | null> {
    const page = await this.client.items(
      this.id,
      { next: place - 1, limit: 1 },
      { key: this.key() },
    );
    const found = page.items[0] ?? null;
    if (found) this.done(found.id, found, found.revision);
    return found;
  }

  private put(item: string, mark: Mark | null, revision: number): void {
    const before = this.marks.get(item);
    if (before && before.revision > revision) return;
    if ((this.deleted.get(item) ?? 0) > revision) return;
    const marks = new Map(this.marks);
    if (mark) {
      marks.set(item, mark);
      this.deleted.delete(item);
    } else {
      marks.delete(item);
      this.deleted.set(item, revision);
    }
    this.marks = marks;
    const gained = Number(mark !== null) - Number(before !== undefined);
    if (this.info && !this.partial) this.info = { ...this.info, count: this.info.count + gained };
  }

  private async load(signal: AbortSignal): Promise<void> {
    const asking = { key: this.key(), signal };
    const info = await this.client.set(this.id, asking);
    const large = this.large || info.count > WHOLE;
    if (large) await this.letIn(info);
    const types = large ? await this.typesThere(signal) : [];
    const marks = new Map<string, Mark>();
    let next: number | null = 0;
    let revision = info.revision;
    do {
      const limit: number = large ? LISTED : PAGE;
      const page = await this.client.items(
        this.id,
        { ...(large ? this.wanted : {}), next, limit },
        asking,
      );
      for (const mark of page.items) marks.set(mark.id, mark);
      if (next === 0) revision = page.revision;
      next = page.next;
    } while (next !== null && !large);
    this.partial = next !== null;
    this.types = types;
    this.info = info;
    this.marks = marks;
    // What changes while pages are read is told from the first of them on.
    this.seen = revision;
  }

  /** The engine reads cells of a private set with a pass, since it sends no key. */
  private async letIn(info: SetInfo): Promise<void> {
    const key = this.key();
    if (info.access !== "private" || key === null || Date.now() - this.letInAt < PASS) return;
    await this.client.letIn(this.id, { key });
    this.letInAt = Date.now();
    const again = () => void this.letIn(info).catch(() => {});
    this.renewal = setTimeout(again, PASS);
  }

  private async typesThere(signal: AbortSignal): Promise<readonly Shape[]> {
    const asking = { key: this.key(), signal };
    const there = await Promise.all(
      SHAPES.map(async (type) => {
        const { items } = await this.client.items(this.id, { type, limit: 1 }, asking);
        return items.length > 0;
      }),
    );
    return SHAPES.filter((_, i) => there[i]);
  }

  private async reload(): Promise<void> {
    try {
      await this.load(new AbortController().signal);
      this.changes += 1;
      this.onChange();
    } catch (error) {
      if (error instanceof Refused) this.fail(error.message);
    }
  }

  /** Was it changed since? */
  private async look(signal: AbortSignal): Promise<void> {
    try {
      const info = await this.client.set(this.id, { key: this.key(), signal });
      if (info.revision > this.seen) await this.reload();
      else if (info.edition !== this.info?.edition) {
        this.info = info;
        this.onChange();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) {
        this.fail(error.message);
        return;
      }
    }
    this.again(() => void this.look(signal));
  }

  private again(run: () => void): void {
    const { signal } = this.stopping;
    const timer = setTimeout(run, LOOK);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  private fail(why: string): void {
    this.progress = "failed";
    this.why = why;
    this.setLive(false);
    this.onChange();
  }

  private setLive(live: boolean): void {
    if (live === this.live) return;
    this.live = live;
    this.onChange();
  }
}
