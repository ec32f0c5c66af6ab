/** The list of annotations: what is found in it, in which order; pure. */

import type { Mark } from "./mark";
import { measuresOf, type Shape } from "./shapes";

export const ORDERS = ["newest", "oldest", "label", "region", "type", "size"] as const;
export type Order = (typeof ORDERS)[number];

export interface Filter {
  /** Each of its words is in the label, the text, a tag, the author or the name of a region. */
  readonly words: string;
  readonly type: Shape | null;
  readonly tag: string | null;
  /** Id of a region; those below it count. */
  readonly region: string | null;
}

/** Do two filters leave the same? */
export function sameFilter(a: Filter, b: Filter): boolean {
  return a.words === b.words && a.type === b.type && a.tag === b.tag && a.region === b.region;
}

export const NO_FILTER: Filter = { words: "", type: null, tag: null, region: null };

export function filtered(marks: readonly Mark[], filter: Filter): readonly Mark[] {
  const words = plain(filter.words).split(/\s+/).filter(Boolean);
  const { type, tag, region } = filter;
  if (words.length === 0 && type === null && tag === null && region === null) return marks;
  return marks.filter((mark) => {
    if (type !== null && mark.type !== type) return false;
    if (tag !== null && !mark.tags.includes(tag)) return false;
    if (region !== null && !liesIn(mark, region)) return false;
    if (words.length === 0) return true;
    const text = searched(mark);
    return words.every((word) => text.includes(word));
  });
}

export function ordered(marks: readonly Mark[], order: Order): readonly Mark[] {
  const by = (compare: (a: Mark, b: Mark) => number) =>
    [...marks].sort((a, b) => compare(a, b) || a.seq - b.seq);
  const text = (read: (mark: Mark) => string) =>
    // What has no name comes last.
    by((a, b) => Number(read(a) === "") - Number(read(b) === "") || collate(read(a), read(b)));
  const orders: Record<Order, () => readonly Mark[]> = {
    newest: () => by((a, b) => collate(b.created, a.created) || b.seq - a.seq),
    oldest: () => by((a, b) => collate(a.created, b.created)),
    label: () => text((mark) => mark.label),
    region: () => text((mark) => mark.region?.name ?? ""),
    type: () => text((mark) => mark.type),
    size: () => by((a, b) => sizeOf(b) - sizeOf(a)),
  };
  return orders[order]();
}

/** All tags, the most used first. */
export function tagsOf(marks: readonly Mark[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { tags } of marks) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || collate(a[0], b[0])).map(([tag]) => tag);
}

/** All regions that annotations lie in, by name. */
export function regionsOf(marks: readonly Mark[]): readonly { id: string; name: string }[] {
  const found = new Map<string, string>();
  for (const { region } of marks) if (region) found.set(region.id, region.name);
  return [...found].map(([id, name]) => ({ id, name })).sort((a, b) => collate(a.name, b.name));
}

function liesIn({ region }: Mark, id: string): boolean {
  return region !== null && (region.id === id || region.ancestors.some((above) => above.id === id));
}

/** What is largest of it, of whichever dimension. */
function sizeOf({ type, points }: Mark): number {
  const { volume, area, length } = measuresOf(type, points);
  return volume ?? area ?? length ?? 0;
}

const texts = new WeakMap<Mark, string>();

function searched(mark: Mark): string {
  let text = texts.get(mark);
  if (text === undefined) {
    const { region } = mark;
    const names = region
      ? [region.acronym, region.name, ...region.ancestors.map((a) => a.name)]
      : [];
    text = plain([mark.label, mark.text, mark.author, ...mark.tags, ...names].join("\n"));
    texts.set(mark, text);
  }
  return text;
}

/** Without accents and capitals, as one types when searching. */
function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function collate(a: string, b: string): number {
  return collator.compare(a, b);
}
