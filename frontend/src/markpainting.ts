/** What of the sets is shown, and how: filters, colours, and what the engine is to draw. */

import { spaceOf } from "./library";
import type { MarksClient } from "./marks/client";
import { type Filter, filtered, NO_FILTER, sameFilter } from "./marks/list";
import type { Marks } from "./marks/marks";
import type { OpenSet } from "./marks/openset";
import { type Coloring, type DrawnSet, numbersOf, OWN, type Rgb } from "./marks/paint";
import type { Session } from "./session";
import { isColoring, type ShownSet } from "./state";

export class MarkPainting {
  /** What is looked for in the panel. */
  private filter: Filter = NO_FILTER;
  private readonly filters = new Map<string, Filter>();
  /** The same objects as long as nothing changes: the engine is told only of what did. */
  private readonly kept = new Map<string, { of: unknown; value: unknown }>();

  constructor(
    private readonly session: Session,
    private readonly client: MarksClient,
    /** `null` until what waited from before is read. */
    private readonly marks: () => Marks | null,
  ) {}

  /** Look for some annotations of the active set alone. */
  find(filter: Filter): void {
    this.filter = { ...filter, region: null };
    const active = this.marks()?.active;
    if (active) {
      const { coloring, range, region: before = null } = this.marks()?.entry(active.id) ?? {};
      if (filter.region !== before) {
        const region = filter.region === null ? {} : { region: filter.region };
        this.marks()?.dress(active.id, { ...said(coloring, range), ...region });
      }
      this.want(active);
    }
  }

  /** Colour the active set. */
  colorBy(coloring: string): void {
    const marks = this.marks();
    if (!marks?.active) return;
    const { region } = marks.entry(marks.active.id) ?? {};
    const range = this.numbers().get(coloring.replace("number:", ""));
    const by = isColoring(coloring) ? said(coloring, range && rising(range)) : {};
    marks.dress(marks.active.id, { ...by, ...(region ? { region } : {}) });
  }

  coloringOf(id: string): Coloring {
    const { coloring, range } = this.marks()?.entry(id) ?? {};
    const colors = coloring === "region" ? this.regionColors() : null;
    return this.keep(`coloring ${id}`, [coloring, range?.[0], range?.[1], colors], () => {
      if (colors) return { by: "region", colors };
      if (!coloring || !range) return OWN;
      return { by: "number", name: coloring.slice("number:".length), range };
    });
  }

  /** What is left of a set: the region is the view's, the rest is looked for in the panel. */
  filterOf(id: string): Filter {
    const looked = this.marks()?.active?.id === id ? this.filter : NO_FILTER;
    const now = { ...looked, region: this.marks()?.entry(id)?.region ?? null };
    const before = this.filters.get(id);
    if (before && sameFilter(before, now)) return before;
    this.filters.set(id, now);
    return now;
  }

  /** Ask for what is to be listed of a large set, if it is something else than before. */
  want(set: OpenSet): void {
    const { type, tag, region } = this.filterOf(set.id);
    const { wanted } = set;
    const same =
      type === (wanted.type ?? null) &&
      tag === (wanted.tag ?? null) &&
      region === (wanted.region ?? null);
    if (!same) void set.want({ type, tag, region });
  }

  /** The same object as long as nothing changes that it is made of. */
  keep<T>(name: string, of: readonly unknown[], make: () => T): T {
    const before = this.kept.get(name);
    if (before && (before.of as unknown[]).every((part, i) => part === of[i])) {
      return before.value as T;
    }
    const value = make();
    this.kept.set(name, { of, value });
    return value;
  }

  private regionColors(): ReadonlyMap<string, Rgb> {
    const { tree } = this.session.loaded;
    return this.keep(
      "colors",
      [tree],
      () => new Map((tree?.regions ?? []).map(({ id, rgb }) => [id, rgb])),
    );
  }

  numbers(): ReadonlyMap<string, readonly [number, number]> {
    const set = this.marks()?.active;
    return this.keep("numbers", [set?.marks], () => numbersOf(set?.marks.values() ?? []));
  }

  regionNamed(id: string | undefined): { id: string; name: string } | null {
    if (id === undefined) return null;
    return { id, name: this.session.loaded.tree?.get(id)?.name ?? id };
  }

  /** A region and all below it, by id. */
  private below(region: string): readonly string[] {
    const { tree } = this.session.loaded;
    const found = [region];
    for (const id of found) found.push(...(tree?.childrenOf(id) ?? []).map((child) => child.id));
    return found;
  }

  drawnSets(marks: Marks): DrawnSet[] {
    const space = spaceOf(this.session.loaded);
    return marks.sets.flatMap((set) => {
      if (!marks.isVisible(set.id) || !set.info || set.info.space !== space) return [];
      const all = marks.of(set);
      const filter = this.filterOf(set.id);
      // Of a large set only what was drawn here is held apart from the server's index.
      const mine = this.keep(`drawn ${set.id}`, [all, filter, set.large], () =>
        set.large
          ? [...all.values()].filter(({ revision }) => revision === 0)
          : filtered([...all.values()], filter),
      );
      const { type, region } = filter;
      const stream = set.large
        ? this.keep(`stream ${set.id}`, [set.types, set.changes, type, region], () => ({
            url: this.client.resolve(`annotations/${set.id}`),
            types: type ? set.types.filter((one) => one === type) : set.types,
            version: set.changes,
            regions: region ? this.below(region) : null,
          }))
        : null;
      return [{ id: set.id, marks: mine, coloring: this.coloringOf(set.id), stream }];
    });
  }
}

/** A number that is the same everywhere has a colour too. */
function rising([lo, hi]: readonly [number, number]): readonly [number, number] {
  return lo < hi ? [lo, hi] : [lo, lo + 1];
}

/** What an entry of the view says of colours. */
function said(coloring: ShownSet["coloring"], range: ShownSet["range"]): Partial<ShownSet> {
  if (coloring === undefined) return {};
  if (coloring === "region") return { coloring };
  return range ? { coloring, range } : {};
}

export function sameDrawn(a: readonly DrawnSet[], b: readonly DrawnSet[]): boolean {
  return (
    a.length === b.length &&
    a.every((set, i) => {
      const other = b[i];
      return (
        other?.id === set.id &&
        other.marks === set.marks &&
        other.coloring === set.coloring &&
        other.stream === set.stream
      );
    })
  );
}
