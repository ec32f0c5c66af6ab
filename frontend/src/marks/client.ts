/** The server's sets and annotations over HTTP. */

import { ApiError } from "../apierror";
import { array, type Json, number, optional, parse, record, string } from "../json";
import {
  type Change,
  type Content,
  change,
  type Mark,
  type MarkPage,
  mark,
  markPage,
  type SetAbout,
  type SetInfo,
  setInfo,
} from "./mark";
import type { Shape } from "./shapes";

/** What the server said when it did not do what it was asked. */
export class Refused extends ApiError {
  constructor(
    message: string,
    override readonly status: number,
    /** The annotation as it is now, when somebody changed it in between. */
    readonly current: Mark | null,
  ) {
    super(message, status);
    this.name = "Refused";
  }
}

/** The server could not be asked, or cannot answer now; asked again it may. */
export class Unreachable extends ApiError {
  override readonly name = "Unreachable";
}

export interface Asking {
  readonly key?: string | null;
  readonly once?: string;
  /** The revision that is meant to be changed. */
  readonly revision?: number | null;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export type Wanted = {
  readonly region?: string | null;
  readonly tag?: string | null;
  readonly type?: Shape | null;
  readonly limit?: number;
  readonly next?: number;
};

/** How a file is to be read. */
export interface FileForm {
  readonly format: "csv" | "bids" | "json" | "neuroglancer";
  readonly unit: string;
  readonly volume: string | null;
}

const MEDIA: Readonly<Record<FileForm["format"], string>> = {
  csv: "text/csv",
  bids: "text/tab-separated-values",
  json: "application/json",
  neuroglancer: "application/json",
};

export interface Made {
  readonly id: string;
  readonly editKey: string;
  readonly readKey: string;
}

export interface StepDone {
  readonly revision: number;
  readonly changes: readonly Change[];
}

export class MarksClient {
  /** `resolve` turns a path of the server into an address. */
  constructor(readonly resolve: (path: string) => string) {}

  async make(about: SetAbout & { readonly space: string }): Promise<Made> {
    const json = record(await this.ask("POST", "api/annotations", { body: about }), "the new set");
    return {
      id: string(json.id, "id"),
      editKey: string(json.edit_key, "edit_key"),
      readKey: string(json.read_key, "read_key"),
    };
  }

  /** Ids of the sets that a key can change. */
  async owned(key: string): Promise<readonly string[]> {
    const json = record(await this.ask("GET", "api/annotations", { key }), "the sets");
    return array(json.sets, "sets", (set, what) => string(record(set, what).id, what));
  }

  async set(id: string, asking: Asking): Promise<SetInfo> {
    return setInfo(await this.ask("GET", path(id), asking));
  }

  async changeSet(before: SetInfo, about: SetAbout, key: string | null): Promise<SetInfo> {
    const asking = { key, revision: before.edition, body: about };
    return setInfo(await this.ask("PUT", path(before.id), asking));
  }

  async removeSet(id: string, key: string | null): Promise<void> {
    await this.ask("DELETE", path(id), { key });
  }

  /** Let the browser read the cells of a private set, whose requests carry no key. */
  async letIn(id: string, asking: Asking): Promise<void> {
    await this.ask("POST", `${path(id)}/pass`, asking);
  }

  async items(id: string, wanted: Wanted, asking: Asking): Promise<MarkPage> {
    return markPage(await this.ask("GET", `${path(id)}/items?${query(wanted)}`, asking));
  }

  async add(id: string, content: Content, author: string, asking: Asking): Promise<Mark> {
    const body = content;
    return mark(
      await this.ask("POST", `${path(id)}/items?${query({ author })}`, { ...asking, body }),
    );
  }

  async replace(
    id: string,
    item: string,
    content: Content,
    author: string,
    asking: Asking,
  ): Promise<Mark> {
    const address = `${path(id)}/items/${item}?${query({ author })}`;
    return mark(await this.ask("PUT", address, { ...asking, body: content }));
  }

  /** Delete an annotation; the revision in which it is gone. */
  async remove(id: string, item: string, author: string, asking: Asking): Promise<number> {
    const address = `${path(id)}/items/${item}?${query({ author })}`;
    return number(record(await this.ask("DELETE", address, asking), "it").revision, "revision");
  }

  async restore(
    id: string,
    item: string,
    revision: number,
    author: string,
    asking: Asking,
  ): Promise<Mark> {
    const address = `${path(id)}/items/${item}/restore?${query({ author })}`;
    return mark(await this.ask("POST", address, { ...asking, body: { revision } }));
  }

  async history(
    id: string,
    item: string | null,
    next: number | null,
    asking: Asking,
  ): Promise<{ changes: Change[]; next: number | null }> {
    const of = item === null ? "" : `/items/${item}`;
    const address = `${path(id)}${of}/history?${query({ limit: 50, next })}`;
    const json = record(await this.ask("GET", address, asking), "the history");
    return {
      changes: array(json.items, "items", change),
      next: optional(number)(json.next, "next"),
    };
  }

  /** Bring back a set that was taken away. */
  async bringBack(id: string, asking: Asking): Promise<void> {
    await this.ask("POST", `${path(id)}/restore`, { ...asking, body: {} });
  }

  /** Bring all annotations of a set back to what they were. */
  async rewind(id: string, revision: number, author: string, asking: Asking): Promise<StepDone> {
    const address = `${path(id)}/restore?${query({ author })}`;
    return step(await this.ask("POST", address, { ...asking, body: { revision } }));
  }

  /** Take back, or do again, the last step of an author. */
  async undo(id: string, redo: boolean, author: string, asking: Asking): Promise<StepDone> {
    const address = `${path(id)}/${redo ? "redo" : "undo"}?${query({ author })}`;
    return step(await this.ask("POST", address, asking));
  }

  /** Add the annotations of a file; how many they were. */
  async takeFile(
    id: string,
    text: string,
    { format, unit, volume }: FileForm,
    author: string,
    asking: Asking,
  ): Promise<number> {
    const address = `${path(id)}/import?${query({ format, unit, volume, author })}`;
    const said = await this.ask("POST", address, asking, { text, media: MEDIA[format] });
    return number(record(said, "the import").imported, "imported");
  }

  /** A file of annotations, as bytes that a browser can save. */
  async giveFile(
    id: string,
    format: string,
    wanted: Wanted,
    key: string | null,
  ): Promise<{ name: string; body: Blob }> {
    const address = `${path(id)}/export?${query({ ...wanted, format })}`;
    const response = await this.send("GET", address, { key });
    const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
    return { name: name ?? `annotations-${id}`, body: await response.blob() };
  }

  /** Changes as they happen. */
  async events(id: string, since: number, asking: Asking): Promise<ReadableStream<Uint8Array>> {
    const response = await this.send("GET", `${path(id)}/events?${query({ since })}`, asking);
    if (!response.body) throw new Unreachable("The server sent no events.");
    return response.body;
  }

  private async ask(
    method: string,
    address: string,
    asking: Asking,
    file?: { text: string; media: string },
  ): Promise<unknown> {
    const response = await this.send(method, address, asking, file);
    if (response.status === 204) return null;
    const text = await response.text();
    try {
      return parse(text);
    } catch {
      throw new Unreachable(`The server's answer to ${address} is not JSON.`);
    }
  }

  private async send(
    method: string,
    address: string,
    { key, once, revision, body, signal }: Asking,
    file?: { text: string; media: string },
  ): Promise<Response> {
    const headers: Record<string, string> = {};
    if (key) headers.Authorization = `Bearer ${key}`;
    if (once) headers["Idempotency-Key"] = once;
    if (revision) headers["If-Match"] = `"${revision}"`;
    if (file) headers["Content-Type"] = file.media;
    else if (method === "POST" || body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(this.resolve(address), {
        method,
        headers,
        signal: signal ?? null,
        body: file ? file.text : body === undefined ? null : JSON.stringify(body),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable("The server does not answer.");
    }
    if (response.ok) return response;
    throw await failure(response);
  }
}

async function failure(response: Response): Promise<ApiError> {
  const { status } = response;
  const told = await response
    .text()
    .then(parse)
    .catch(() => null);
  const problem: Json = typeof told === "object" && told !== null ? (told as Json) : {};
  const words = [problem.title, problem.detail].filter((part) => typeof part === "string" && part);
  const message = words.join(": ") || `The server answered ${status} ${response.statusText}`.trim();
  if (status === 429 || status >= 500) return new Unreachable(message, status);
  let current: Mark | null = null;
  if (status === 412 && problem.current) current = mark(problem.current);
  return new Refused(message, status, current);
}

function path(id: string): string {
  return `api/annotations/${encodeURIComponent(id)}`;
}

function query(values: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return String(new URLSearchParams(said.map(([name, value]) => [name, String(value)])));
}

function step(value: unknown): StepDone {
  const json = record(value, "the step");
  return {
    revision: number(json.revision, "revision"),
    changes: array(json.changes, "changes", change),
  };
}
