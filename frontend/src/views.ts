/** Views kept by the server: short links that are opened, made, revised, listed and revoked. */

import type { Answer, Api } from "./api";
import { ApiError } from "./apierror";
import { fromDocument, type Told } from "./document";
import { array, type Json, number, optional, record, string } from "./json";

/** What is told of a view in a list. */
export interface ViewBrief {
  readonly id: string;
  readonly revision: number;
  readonly title: string;
  readonly author: string;
  /** When it was made first. */
  readonly created: string;
  /** When this revision was made. */
  readonly updated: string;
  readonly expires: string | null;
  readonly minimal: boolean;
  readonly listed: boolean;
}

/** A view, as whoever opens its link is told. */
export interface SharedView extends ViewBrief {
  readonly newest: number;
  readonly text: string;
  /** The document in the newest words; `null` where it shows nothing that is served here. */
  readonly document: unknown;
  readonly told: Told;
  /** What differs from what it was made on, in words. */
  readonly changes: readonly string[];
  /** Names this very revision when it is changed. */
  readonly tag: string;
}

/** What its maker says of a view. */
export interface ViewDraft {
  readonly title: string;
  readonly text: string;
  readonly author: string;
  readonly expires: string | null;
  readonly minimal: boolean;
  readonly document: unknown;
}

export interface MadeView {
  readonly id: string;
  readonly revision: number;
  readonly key: string;
}

export class Views {
  constructor(private readonly api: Api) {}

  /** Its short link; the server may know itself by another name than this page does. */
  linkOf(id: string, revision: number | null = null): string {
    return this.api.resolve(`views/${id}${queryOf(revision)}`);
  }

  /** Address of its picture. */
  pictureOf(id: string, revision: number): string {
    return this.api.resolve(`views/${id}/preview.png${queryOf(revision)}`);
  }

  /** With its key an expired view is shown, too. */
  async get(
    id: string,
    revision: number | null,
    signal: AbortSignal,
    key: string | null = null,
  ): Promise<SharedView> {
    const address = `${path(id)}${queryOf(revision)}`;
    return sharedView(await this.api.ask("GET", address, { signal, key }));
  }

  /** The view as a state that any Neuroglancer opens. */
  async neuroglancer(id: string, signal: AbortSignal): Promise<unknown> {
    return (await this.api.ask("GET", `views/${encodeURIComponent(id)}/state.json`, { signal }))
      .json;
  }

  async make(draft: ViewDraft, signal: AbortSignal): Promise<MadeView> {
    const answer = await this.api.ask("POST", "api/views", { signal, body: body(draft) });
    const json = record(answer.json, "the view");
    return {
      id: string(json.id, "id"),
      revision: number(json.revision, "revision"),
      key: string(json.edit_key, "edit_key"),
    };
  }

  /** `match` is the tag of the revision that is changed: somebody else may have changed it. */
  async revise(
    id: string,
    key: string,
    match: string,
    draft: ViewDraft,
    signal: AbortSignal,
  ): Promise<SharedView> {
    const asked = { signal, key, match, body: body(draft) };
    return sharedView(await this.api.ask("PUT", path(id), asked));
  }

  async revoke(id: string, key: string, signal: AbortSignal): Promise<void> {
    await this.api.ask("DELETE", path(id), { signal, key });
  }

  /** The views that a key opens, expired ones too. */
  async ofKey(key: string, signal: AbortSignal): Promise<ViewBrief[]> {
    const { json } = await this.api.ask("GET", "api/views?limit=200", { signal, key });
    return array(record(json, "it").views, "views", viewBrief);
  }

  async revisions(id: string, signal: AbortSignal): Promise<ViewBrief[]> {
    const { json } = await this.api.ask("GET", `${path(id)}/revisions`, { signal });
    return array(record(json, "it").revisions, "revisions", viewBrief);
  }
}

function path(id: string): string {
  return `api/views/${encodeURIComponent(id)}`;
}

function queryOf(revision: number | null): string {
  return revision === null ? "" : `?revision=${revision}`;
}

function body({ title, text, author, expires, minimal, document }: ViewDraft): Json {
  return { title, text, author, expires, minimal, state: document };
}

function sharedView({ json, tag }: Answer): SharedView {
  const told = record(json, "the view");
  const document = told.document ?? null;
  return {
    ...viewBrief(told, "the view"),
    newest: number(told.newest, "newest"),
    text: string(told.text, "text"),
    document,
    told: fromDocument(document ?? { version: 2 }),
    changes: array(told.changes, "changes", (change, what) =>
      string(record(change, what).text, what),
    ),
    tag: tag ?? `"${number(told.revision, "revision")}"`,
  };
}

function viewBrief(value: unknown, what: string): ViewBrief {
  const json = record(value, what);
  return {
    id: string(json.id, `${what}.id`),
    revision: number(json.revision, `${what}.revision`),
    title: string(json.title, `${what}.title`),
    author: string(json.author, `${what}.author`),
    created: string(json.created, `${what}.created`),
    updated: string(json.updated, `${what}.updated`),
    expires: optional(string)(json.expires, `${what}.expires`),
    minimal: json.minimal === true,
    listed: json.listed === true,
  };
}

/** Is a failure that a view is not, or no longer, there? */
export function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 404 || error.status === 410);
}
