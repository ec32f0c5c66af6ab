/** Annotations and sets as the server tells them, checked at the door; pure. */

import { ApiError } from "../apierror";
import type { Vec3 } from "../geometry";
import { array, type Decoder, type Json, number, optional, record, string, vec3 } from "../json";
import { SHAPES, type Shape } from "./shapes";

export interface MarkRegion {
  readonly id: string;
  readonly acronym: string;
  readonly name: string;
  /** From the root down. */
  readonly ancestors: readonly { readonly id: string; readonly name: string }[];
}

/** What its author says of an annotation. */
export interface Content {
  readonly type: Shape;
  readonly points: readonly Vec3[];
  readonly label: string;
  readonly text: string;
  readonly color: string | null;
  readonly tags: readonly string[];
  readonly author: string;
  readonly properties: Readonly<Record<string, number>>;
}

export interface Mark extends Content {
  readonly id: string;
  /** 0 as long as the server has not seen it. */
  readonly revision: number;
  /** Rises as annotations are made or changed. */
  readonly seq: number;
  /** `null` outside all regions, and as long as the server has not said. */
  readonly region: MarkRegion | null;
  readonly created: string;
  readonly updated: string;
}

export const ACCESS = ["private", "readable", "editable"] as const;
export type Access = (typeof ACCESS)[number];

/** What can be said of a set. */
export interface SetAbout {
  readonly title: string;
  readonly text: string;
  readonly author: string;
  readonly access: Access;
}

export interface SetInfo extends SetAbout {
  readonly id: string;
  readonly space: string;
  readonly revision: number;
  readonly edition: number;
  readonly count: number;
}

export interface Change {
  /** Of the set. */
  readonly revision: number;
  readonly action: string;
  readonly author: string;
  readonly at: string;
  readonly item: string;
  readonly itemRevision: number;
  /** `null`: it was deleted. */
  readonly mark: Mark | null;
}

export interface MarkPage {
  readonly items: readonly Mark[];
  readonly next: number | null;
  readonly revision: number;
}

export function contentOf(mark: Content): Content {
  const { type, points, label, text, color, tags, author, properties } = mark;
  return { type, points, label, text, color, tags, author, properties };
}

export function mark(value: unknown, what = "annotation"): Mark {
  const json = record(value, what);
  const own = <T>(name: string, decode: Decoder<T>) => decode(json[name], `${what}.${name}`);
  return {
    id: own("id", string),
    revision: own("revision", number),
    seq: own("seq", number),
    type: own("type", oneOf(SHAPES)),
    points: own("points", (points, where) => array(points, where, vec3)),
    label: own("label", string),
    text: own("text", string),
    color: own("color", optional(string)),
    tags: own("tags", (tags, where) => array(tags, where, string)),
    author: own("author", string),
    properties: Object.fromEntries(
      Object.entries(optional(record)(json.properties, what) ?? {}).map(([name, said]) => [
        name,
        number(said, `${what}.${name}`),
      ]),
    ),
    region: own("region", optional(region)),
    created: own("created", string),
    updated: own("updated", string),
  };
}

export function setInfo(value: unknown, what = "annotation set"): SetInfo {
  const json = record(value, what);
  return {
    id: string(json.id, `${what}.id`),
    title: string(json.title, `${what}.title`),
    text: optional(string)(json.text, `${what}.text`) ?? "",
    author: optional(string)(json.author, `${what}.author`) ?? "",
    access: oneOf(ACCESS)(json.access, `${what}.access`),
    space: string(json.space, `${what}.space`),
    revision: number(json.revision, `${what}.revision`),
    edition: number(json.edition, `${what}.edition`),
    count: number(json.count, `${what}.count`),
  };
}

export function change(value: unknown, what = "change"): Change {
  const json = record(value, what);
  return {
    revision: number(json.revision, `${what}.revision`),
    action: string(json.action, `${what}.action`),
    author: string(json.author, `${what}.author`),
    at: string(json.at, `${what}.at`),
    item: string(json.item, `${what}.item`),
    itemRevision: number(json.item_revision, `${what}.item_revision`),
    mark: optional(mark)(json.annotation, `${what}.annotation`),
  };
}

export function markPage(value: unknown): MarkPage {
  const json = record(value, "annotations");
  return {
    items: array(json.items, "items", mark),
    next: optional(number)(json.next, "next"),
    revision: number(json.revision, "revision"),
  };
}

function region(value: unknown, what: string): MarkRegion {
  const json = record(value, what);
  return {
    ...named(json, what),
    acronym: optional(string)(json.acronym, `${what}.acronym`) ?? "",
    ancestors: array(json.ancestors ?? [], `${what}.ancestors`, (above, where) =>
      named(record(above, where), where),
    ),
  };
}

function named(json: Json, what: string): { id: string; name: string } {
  return { id: String(json.id), name: string(json.name, `${what}.name`) };
}

function oneOf<T extends string>(choices: readonly T[]): Decoder<T> {
  return (value, what) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw new ApiError(`${what} should be one of ${choices.join(", ")}`);
    return found;
  };
}
