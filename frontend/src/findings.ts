/** What the search box finds beside regions: own views, saved planes, annotations that are shown. */

import type { Api } from "./api";
import { add, scale, type Vec3 } from "./geometry";
import { array, optional, record, string, vec3 } from "./json";
import type { Keyring } from "./keyring";
import type { Session } from "./session";
import type { Views } from "./views";
import { t } from "./words";

/** Something that one can go to, by its name. */
export interface Finding {
  readonly kind: "view" | "plane" | "annotation";
  readonly name: string;
  /** What it is, in words. */
  readonly about: string;
  go(): void;
}

/** Who knows things to go to. */
export type Source = () => Promise<readonly Finding[]>;

/** At most so many of one source are offered. */
const MOST = 8;
/** What a source said is believed so long, in ms. */
const FRESH = 10_000;

/** Is what is searched for in a name, whatever the case and the accents? */
export function names(name: string, text: string): boolean {
  const plain = (words: string) => words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain(text)
    .split(/\s+/)
    .every((word) => plain(name).includes(word));
}

export class Findings {
  private readonly said = new Map<Source, { at: number; found: Promise<readonly Finding[]> }>();

  constructor(private readonly sources: readonly Source[]) {}

  /** What has this text in its name; a source that does not answer is left out. */
  async find(text: string): Promise<Finding[]> {
    const found = await Promise.allSettled(this.sources.map((source) => this.ask(source)));
    return found.flatMap((answer) =>
      answer.status === "fulfilled"
        ? answer.value.filter(({ name }) => names(name, text)).slice(0, MOST)
        : [],
    );
  }

  private ask(source: Source): Promise<readonly Finding[]> {
    const before = this.said.get(source);
    if (before && performance.now() - before.at < FRESH) return before.found;
    const found = source();
    this.said.set(source, { at: performance.now(), found });
    found.catch(() => this.said.delete(source));
    return found;
  }
}

/** The views that this browser has the keys of. */
export function ownViews(views: Views, keyring: Keyring): Source {
  return async () => {
    const { signal } = new AbortController();
    const keys = keyring.all().slice(0, 5);
    const lists = await Promise.all(keys.map(({ key }) => views.ofKey(key, signal)));
    return lists.flat().map(({ id, title, author }) => ({
      kind: "view",
      name: title || t("A view without a title"),
      about: author === "" ? t("view") : t("view by {author}", { author }),
      go: () => location.assign(views.linkOf(id)),
    }));
  };
}

/** What is marked in the annotation sets that the view shows. */
export function shownAnnotations(api: Api, session: Session): Source {
  return async () => {
    const { signal } = new AbortController();
    const sets = session.view.style.sets.filter(({ visible }) => visible);
    const lists = await Promise.all(
      sets.map(async ({ set }) => {
        const path = `api/annotations/${encodeURIComponent(set)}/items?limit=1000`;
        const { json } = await api.ask("GET", path, { signal });
        return array(record(json, "it").items, "items", (value, what) => {
          const item = record(value, what);
          return {
            name: optional(string)(item.label, `${what}.label`) ?? "",
            points: array(item.points, `${what}.points`, vec3),
          };
        });
      }),
    );
    return lists
      .flat()
      .filter(({ name, points }) => name !== "" && points.length > 0)
      .map(({ name, points }) => ({
        kind: "annotation",
        name,
        about: t("annotation"),
        go: () => session.go({ at: middle(points) }),
      }));
  };
}

function middle(points: readonly Vec3[]): Vec3 {
  return scale(
    points.reduce((sum, point) => add(sum, point), [0, 0, 0]),
    1 / points.length,
  );
}
