/** Edits on their way to the server: kept in order, sent once each, never lost; pure. */

import { type Content, contentOf, type Mark } from "./mark";

export type OpKind = "create" | "update" | "delete" | "restore";

export interface Trouble {
  /** `conflict`: somebody changed it in between. `refused`: the server will never do it. */
  readonly kind: "conflict" | "refused";
  /** What it is now; `null` when it is deleted. */
  readonly theirs: Mark | null;
  readonly why: string;
}

export interface Op {
  /** The order of the edits. */
  readonly n: number;
  readonly set: string;
  /** Id of the annotation; until the server has given it one, a name of our own that begins with ~. */
  readonly item: string;
  readonly kind: OpKind;
  /** The annotation from now on; `null` deletes it, or brings back what it was. */
  readonly content: Content | null;
  /** The revision that the edit was made on; `null` as long as that is not answered yet. */
  readonly base: number | null;
  readonly author: string;
  readonly at: string;
  /** Sent along, so that the edit is done once however often it is sent. */
  readonly once: string;
  /** Sent at least once: from then on it stays as it is. */
  readonly tried: boolean;
  readonly trouble: Trouble | null;
}

/** An edit as it is made. */
export type Edit = Pick<Op, "set" | "item" | "kind" | "content" | "base" | "author">;

const NO_TROUBLE = null;

/** Does an annotation have no id of the server's yet? */
export function isLocal(item: string): boolean {
  return item.startsWith("~");
}

/**
 * Add an edit. It takes the place of one of the same annotation that was never sent, or that the
 * server did not take.
 */
export function enqueued(ops: readonly Op[], edit: Edit, once: string, at: string): readonly Op[] {
  const n = Math.max(0, ...ops.map((op) => op.n)) + 1;
  const next: Op = { ...edit, n, at, once, tried: false, trouble: NO_TROUBLE };
  const last = ops.findLast(({ set, item }) => set === edit.set && item === edit.item);
  if (!last || (last.tried && last.trouble === null)) {
    // What it is made on is known only when the one before it is answered.
    return [...ops, last ? { ...next, base: null } : next];
  }
  const without = ops.filter((op) => op !== last);
  if (last.kind === "delete" && edit.kind === "restore") return without;
  if (last.trouble) {
    // The base stays: what is sent again is compared with what this was made on.
    const kind = last.kind === "create" ? "create" : edit.kind;
    if (last.kind === "create" && edit.kind === "delete") return without;
    return [...without, { ...next, kind, base: last.base, trouble: last.trouble }].sort(byOrder);
  }
  if (last.kind === "create") {
    if (edit.kind === "delete") return without;
    return [...without, { ...last, content: edit.content }].sort(byOrder);
  }
  if (last.kind === "restore" && edit.kind === "delete") return without;
  if (last.kind === "restore") return [...ops, { ...next, base: null }];
  return [...without, { ...next, n: last.n, base: last.base }].sort(byOrder);
}

/** The edit to be sent next; those of an annotation go one after the other. */
export function nextOf(ops: readonly Op[]): Op | null {
  const busy = new Set<string>();
  for (const op of ops) {
    const key = `${op.set}/${op.item}`;
    if (op.trouble === null && !busy.has(key)) return op;
    busy.add(key);
  }
  return null;
}

export function tried(ops: readonly Op[], n: number): readonly Op[] {
  return ops.map((op) => (op.n === n ? { ...op, tried: true } : op));
}

/** An edit is done: those that wait for it learn its id and its revision. */
export function settled(
  ops: readonly Op[],
  n: number,
  done: { readonly item: string; readonly revision: number },
): readonly Op[] {
  const op = ops.find((other) => other.n === n);
  if (!op) return ops;
  let first = true;
  return ops
    .filter((other) => other !== op)
    .map((other) => {
      if (other.set !== op.set || other.item !== op.item) return other;
      const base = first && !other.tried ? done.revision : other.base;
      first = false;
      return { ...other, item: done.item, base };
    });
}

/** An edit was not taken. */
export function troubled(ops: readonly Op[], n: number, trouble: Trouble): readonly Op[] {
  return ops.map((op) => (op.n === n ? { ...op, trouble } : op));
}

/** Mine is to stand, on top of theirs. */
export function keptMine(ops: readonly Op[], n: number, once: string): readonly Op[] {
  return ops.flatMap((op) => {
    if (op.n !== n || !op.trouble) return [op];
    const { kind, theirs } = op.trouble;
    const again = { ...op, once, tried: false, trouble: null };
    if (kind === "refused") return [again];
    // It is back already.
    if (op.kind === "restore") return [];
    // What they deleted is made anew.
    if (!theirs) return [{ ...again, kind: "create" as const, item: `~${once}`, base: null }];
    return [{ ...again, base: theirs.revision }];
  });
}

/** Mine is given up, and what was built on it. */
export function dropped(ops: readonly Op[], n: number): readonly Op[] {
  const gone = ops.find((op) => op.n === n);
  return ops.filter((op) => op.n < n || op.set !== gone?.set || op.item !== gone.item);
}

/** The annotations of a set as they will be when all edits are done. */
export function withOps(
  marks: ReadonlyMap<string, Mark>,
  ops: readonly Op[],
  set: string,
): ReadonlyMap<string, Mark> {
  const mine = ops.filter((op) => op.set === set);
  if (mine.length === 0) return marks;
  const out = new Map(marks);
  for (const { item, content, kind, at, n, tried } of mine) {
    // The server tells everybody of what we made, us too, and maybe before it answers us.
    const told = kind === "create" && tried && content ? newestLike(out, content) : null;
    if (told) out.delete(told.id);
    const before = out.get(item);
    if (kind === "delete") out.delete(item);
    else if (content) {
      const moved = !before || JSON.stringify(before.points) !== JSON.stringify(content.points);
      out.set(item, {
        id: item,
        revision: before?.revision ?? 0,
        seq: before?.seq ?? 1e12 + n,
        created: before?.created ?? at,
        updated: at,
        ...content,
        region: moved ? null : (before?.region ?? null),
      });
    }
  }
  return out;
}

/** The newest annotation that says just this. */
function newestLike(marks: ReadonlyMap<string, Mark>, content: Content): Mark | null {
  const said = JSON.stringify(contentOf(content));
  let newest: Mark | null = null;
  for (const mark of marks.values()) {
    if (mark.type !== content.type || mark.revision !== 1 || mark.seq < (newest?.seq ?? 0))
      continue;
    if (JSON.stringify(contentOf(mark)) === said) newest = mark;
  }
  return newest;
}

function byOrder(a: Op, b: Op): number {
  return a.n - b.n;
}
