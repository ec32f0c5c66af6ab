/** Large annotation sets where the engine does not draw them: cells near the planes, kept and thinned. */

import { add, scale, type Vec3 } from "../geometry";
import { type DrawnSet, type Rgb, streamedColor } from "../marks/paint";
import type { PanelMap, PlaneMap } from "../marks/project";
import type { Points, Shape } from "../marks/shapes";
import type { PickedMark } from "../viewer/marklayers";
import { cellsOf, type Found, type Index, readCell, readIndex, type Slab } from "./cells";

/** Of many, so many pixels lie between those that are drawn. */
const SPACING = 12;
/** Cells kept; the oldest goes first. */
const KEPT = 1000;

/** An annotation that is drawn. */
export interface Streamed {
  readonly picked: PickedMark;
  readonly type: Shape;
  readonly points: Points;
  readonly rgb: Rgb;
}

type Stream = NonNullable<DrawnSet["stream"]>;

export class Streams {
  private readonly indexes = new Map<string, Index | null>();
  private readonly cells = new Map<string, readonly Found[]>();
  private readonly asked = new Set<string>();
  private due = false;

  /** `onMore` is told when more has come than there was. */
  constructor(private readonly onMore: () => void) {}

  /** Is all here that was asked for? */
  get complete(): boolean {
    return this.asked.size === 0 && !this.due;
  }

  /** Cells come many at a time: what they bring is drawn once. */
  private told(): void {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => {
      this.due = false;
      this.onMore();
    });
  }

  /** What lies near planes, as far as it is here; the rest is asked for. */
  near(sets: readonly DrawnSet[], maps: readonly PanelMap[], depth: number): Streamed[] {
    const slabs = maps.flatMap((map) => (map.kind === "plane" ? [slabOf(map, depth)] : []));
    return sets.flatMap((set) =>
      (set.stream?.types ?? []).flatMap((type) =>
        this.ofType(set, set.stream as Stream, type, slabs),
      ),
    );
  }

  private ofType(set: DrawnSet, stream: Stream, type: Shape, slabs: readonly Slab[]): Streamed[] {
    const face = `${stream.url}${type === "point" ? "" : `.${type}`}`;
    // What changed is read anew.
    const seal = `#${stream.version}`;
    const index = this.indexes.get(face + seal);
    if (!index) {
      this.ask(`${face}/info`, seal, async (response) => {
        this.indexes.set(face + seal, readIndex(await response.json()));
      });
      return [];
    }
    const regions = stream.regions && new Set(stream.regions);
    const out = new Map<number, Streamed>();
    for (const { address, share } of slabs.flatMap((slab) => cellsOf(index, slab))) {
      const url = `${face}/${address}`;
      const found = this.cells.get(url + seal);
      if (!found) {
        this.ask(url, seal, async (response) => {
          const read = readCell(await response.arrayBuffer(), type, index.numbers.length);
          this.cells.set(url + seal, read);
          for (const old of [...this.cells.keys()].slice(0, this.cells.size - KEPT)) {
            this.cells.delete(old);
          }
        });
        continue;
      }
      for (const one of found.slice(0, Math.round(found.length * share))) {
        if (regions && !regions.has(String(one.region))) continue;
        const rgb = streamedColor(one, index.numbers, set.coloring);
        const picked = { set: set.id, item: null, place: one.place };
        out.set(one.place, { picked, type, points: one.points, rgb });
      }
    }
    return [...out.values()];
  }

  /** Ask once; what fails is asked for again when it is next wanted. */
  private ask(url: string, seal: string, take: (response: Response) => Promise<void>): void {
    const name = url + seal;
    if (this.asked.has(name)) return;
    this.asked.add(name);
    void (async () => {
      try {
        const response = await fetch(url);
        if (!response.ok) return;
        await take(response);
        this.told();
      } catch {
        // The server is away: the page says so elsewhere.
      } finally {
        this.asked.delete(name);
      }
    })();
  }
}

/** The part of the world that a plane shows, with what lies so many pixels before and behind it. */
export function slabOf(map: PlaneMap, depth: number): Slab {
  const corners = [-1, 1].flatMap((x) =>
    [-1, 1].flatMap((y) =>
      [-1, 1].map((z) =>
        [
          scale(map.right, (x * map.width) / 2),
          scale(map.down, (y * map.height) / 2),
          scale(map.normal, z * depth),
        ].reduce(add, map.centre),
      ),
    ),
  );
  const extreme = (pick: (...values: number[]) => number): Vec3 => [
    pick(...corners.map(([x]) => x)),
    pick(...corners.map(([, y]) => y)),
    pick(...corners.map(([, , z]) => z)),
  ];
  const pixel = Math.hypot(...map.right) * Math.hypot(...map.down);
  const thick = 2 * depth * Math.hypot(...map.normal);
  return {
    low: extreme(Math.min),
    high: extreme(Math.max),
    density: 1 / (pixel * SPACING ** 2 * thick),
  };
}
