/** Planes that were given a name: kept in this browser, and in the links made of them. */

import { type Quat, quat, type Vec3 } from "./geometry";
import { LAYOUTS, type Layout } from "./state";

export interface KeptPlane {
  readonly name: string;
  /** Reference space that it lies in; empty when that has no name. */
  readonly space: string;
  readonly at: Vec3;
  readonly turn: Quat;
  readonly zoom: number;
  readonly layout: Layout;
}

export const MOST_NAME = 80;

export class KeptPlanes {
  private readonly key: string;
  /** What cannot be kept in the browser lives as long as the page. */
  private passing: readonly KeptPlane[] = [];
  /** Does the browser let the page keep anything? */
  lasting = true;

  /** `base` is where the page lies: two servers of one host have planes of their own. */
  constructor(
    base: URL,
    private readonly storage: () => Storage = () => localStorage,
  ) {
    this.key = `atlasview:planes:${base.pathname}`;
  }

  /** Those in a space, by name. */
  in(space: string): readonly KeptPlane[] {
    return this.all()
      .filter((kept) => kept.space === space)
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Keep a plane; one of the same name in the same space gives way. */
  keep(plane: KeptPlane): void {
    this.write([...this.others(plane), plane]);
  }

  forget(plane: Pick<KeptPlane, "name" | "space">): void {
    this.write(this.others(plane));
  }

  private others({ name, space }: Pick<KeptPlane, "name" | "space">): KeptPlane[] {
    return this.all().filter((kept) => kept.name !== name || kept.space !== space);
  }

  private all(): readonly KeptPlane[] {
    if (!this.lasting) return this.passing;
    try {
      const found: unknown = JSON.parse(this.storage().getItem(this.key) ?? "[]");
      return Array.isArray(found) ? found.filter(isKept) : [];
    } catch {
      return this.passing;
    }
  }

  private write(planes: readonly KeptPlane[]): void {
    this.passing = planes;
    try {
      this.storage().setItem(this.key, JSON.stringify(planes));
      this.lasting = true;
    } catch {
      this.lasting = false;
    }
  }
}

function isKept(value: unknown): value is KeptPlane {
  const { name, space, at, turn, zoom, layout } = (value ?? {}) as Partial<KeptPlane>;
  const finite = (list: unknown, count: number) =>
    Array.isArray(list) && list.length === count && list.every(Number.isFinite);
  return (
    typeof name === "string" &&
    typeof space === "string" &&
    finite(at, 3) &&
    finite(turn, 4) &&
    Math.hypot(...quat(turn ?? [])) > 1e-3 &&
    Number.isFinite(zoom) &&
    (zoom ?? 0) > 0 &&
    LAYOUTS.some((known) => known === layout)
  );
}
