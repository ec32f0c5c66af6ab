/** Sends the edits that wait, one after the other, until the server has taken them all. */

import { type MarksClient, Refused, Unreachable } from "./client";
import type { Mark } from "./mark";
import type { OpStore } from "./opstore";
import {
  dropped,
  type Edit,
  enqueued,
  keptMine,
  nextOf,
  type Op,
  settled,
  tried,
  troubled,
} from "./queue";
import { newName } from "./random";

export interface SenderEvents {
  /** The edits that wait, or whether the server answers, changed. */
  onQueue(): void;
  /** The server did an edit: what the annotation is now, `null` when deleted. */
  onDone(op: Op, item: string, revision: number, mark: Mark | null): void;
}

/** Makes an edit on top of those that wait, which may have been answered since it was wanted. */
export type Making = (ops: readonly Op[]) => Edit;

/** An edit on its way into the store. */
type Taken = (ops: readonly Op[]) => readonly Op[];

/** Waits between tries, in ms. */
const FIRST = 500;
const LONGEST = 15_000;

export class Sender {
  /** The edits that wait, with those that are just being stored. */
  ops: readonly Op[] = [];
  /** Does the server answer? */
  online = true;

  /** The edits that outlive the page. */
  private stored: readonly Op[] = [];
  private taken: readonly Taken[] = [];
  private sending = false;
  private wait = FIRST;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: OpStore,
    private readonly client: MarksClient,
    private readonly keyOf: (set: string) => string | null,
    private readonly events: SenderEvents,
  ) {}

  get lasting(): boolean {
    return this.store.lasting;
  }

  /** Read what still waits from before, and go on with it. */
  async start(): Promise<number> {
    await this.change((ops) => ops);
    const waiting = this.stored.length;
    this.wake();
    return waiting;
  }

  /** Take an edit; when this settles it outlives the page. */
  async take(making: Making): Promise<void> {
    const [once, at] = [newName(), new Date().toISOString()];
    const taken: Taken = (ops) => enqueued(ops, making(ops), once, at);
    this.taken = [...this.taken, taken];
    this.told();
    const done = () => {
      this.taken = this.taken.filter((other) => other !== taken);
    };
    try {
      await this.change(taken, done);
    } catch (error) {
      done();
      this.told();
      throw error;
    }
    this.wake();
  }

  async keepMine(n: number): Promise<void> {
    const once = newName();
    await this.change((ops) => keptMine(ops, n, once));
    this.wake();
  }

  async drop(n: number): Promise<void> {
    await this.change((ops) => dropped(ops, n));
    this.wake();
  }

  /** Try at once: something happened that may have brought the server back. */
  wake(): void {
    clearTimeout(this.timer);
    if (!this.sending) void this.run();
  }

  private async run(): Promise<void> {
    this.sending = true;
    try {
      let op = nextOf(this.stored);
      while (op) {
        const { n } = op;
        const ops = await this.change((all) => tried(all, n));
        // Another page of this browser may have sent it meanwhile.
        const now = ops.find((other) => other.n === n);
        if (now && !(await this.send(now))) return;
        op = nextOf(this.stored);
      }
    } finally {
      this.sending = false;
    }
  }

  /** Send one edit; false when the server has to be waited for. */
  private async send(op: Op): Promise<boolean> {
    try {
      const { item, revision, mark } = await this.request(op);
      this.wait = FIRST;
      this.setOnline(true);
      // Nobody is to see the annotation without the edit in between.
      const done = () => this.events.onDone(op, item, revision, mark);
      await this.change((ops) => settled(ops, op.n, { item, revision }), done);
    } catch (error) {
      if (error instanceof Refused) {
        this.setOnline(true);
        const trouble = await this.troubleOf(op, error);
        if (trouble === null) return this.later();
        await this.change((ops) => troubled(ops, op.n, trouble));
      } else if (error instanceof Unreachable) {
        return this.later();
      } else {
        // Not the server's: an answer that is not understood would be the same again.
        const why = error instanceof Error ? error.message : String(error);
        await this.change((ops) => troubled(ops, op.n, { kind: "refused", theirs: null, why }));
      }
    }
    return true;
  }

  private later(): false {
    this.setOnline(false);
    this.timer = setTimeout(() => this.wake(), this.wait);
    this.wait = Math.min(LONGEST, this.wait * 2);
    return false;
  }

  private async request(op: Op): Promise<{ item: string; revision: number; mark: Mark | null }> {
    const { set, item, kind, content, base: revision, author, once } = op;
    const asking = { key: this.keyOf(set), once, revision };
    if (kind === "delete") {
      return { item, revision: await this.client.remove(set, item, author, asking), mark: null };
    }
    const mark =
      kind === "restore"
        ? await this.client.restore(set, item, (revision ?? 2) - 1, author, asking)
        : content && kind === "create"
          ? await this.client.add(set, content, author, { ...asking, revision: null })
          : await this.client.replace(
              set,
              item,
              content as NonNullable<typeof content>,
              author,
              asking,
            );
    return { item: mark.id, revision: mark.revision, mark };
  }

  /** Why an edit was not taken; `null` when that cannot be said now. */
  private async troubleOf(op: Op, error: Refused) {
    const why = error.message;
    const gone = error.status === 404 || error.status === 410;
    if (error.status === 412) return { kind: "conflict", theirs: error.current, why } as const;
    if (gone && op.kind === "delete") {
      // Somebody else deleted it: what was wanted is so.
      await this.change((ops) => dropped(ops, op.n));
      return { kind: "refused", theirs: null, why } as const;
    }
    if (gone && op.kind !== "create") {
      try {
        await this.client.set(op.set, { key: this.keyOf(op.set) });
        return { kind: "conflict", theirs: null, why } as const;
      } catch (asked) {
        if (asked instanceof Unreachable) return null;
      }
    }
    return { kind: "refused", theirs: null, why } as const;
  }

  private setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    this.events.onQueue();
  }

  /** Change what is stored; `then` belongs to it. */
  private async change(how: Taken, then?: () => void): Promise<readonly Op[]> {
    const stored = await this.store.change(how);
    this.stored = stored;
    then?.();
    this.told();
    return stored;
  }

  private told(): void {
    this.ops = this.taken.reduce((ops, taken) => taken(ops), this.stored);
    this.events.onQueue();
  }
}
