/** The server, asked over HTTP. */

import { ApiError } from "./apierror";
import { type Atlas, atlas } from "./atlas";
import { type Json, list, parse, record } from "./json";
import { counted, type Hit, hit, type RegionDetails, region, regionDetails } from "./regionfacts";
import type { Region } from "./regions";
import { type Volume, volume } from "./volume";
import { plural, t } from "./words";

export class Api {
  /** `base` is the folder the page was served from, so that a server under a path works too. */
  constructor(private readonly base: URL) {}

  async volumes(signal: AbortSignal): Promise<Volume[]> {
    return list(await this.get("api/volumes", signal), "volumes", volume);
  }

  async atlases(signal: AbortSignal): Promise<Atlas[]> {
    return list(await this.get("api/atlases", signal), "atlases", atlas);
  }

  /** All regions; `asked` as the server takes it, such as the palette of their colours. */
  async regions(
    atlas: string,
    parcellation: string,
    signal: AbortSignal,
    asked: Readonly<Record<string, string>> = {},
  ): Promise<Region[]> {
    const query = new URLSearchParams({ parcellation, ...asked });
    return list(
      await this.get(`api/atlases/${encodeURIComponent(atlas)}/regions?${query}`, signal),
      "regions",
      region,
    );
  }

  /** How many voxels each region has with all below it, in one hemisphere or both. */
  async voxels(
    atlas: string,
    parcellation: string,
    side: string | null,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number>> {
    const query = new URLSearchParams({ parcellation, voxels: "1" });
    if (side !== null) query.set("hemisphere", side);
    const path = `api/atlases/${encodeURIComponent(atlas)}/regions?${query}`;
    return new Map(list(await this.get(path, signal), "regions", counted));
  }

  async find(
    atlas: string,
    parcellation: string,
    text: string,
    signal: AbortSignal,
  ): Promise<Hit[]> {
    const query = new URLSearchParams({ parcellation, find: text, limit: "30" });
    return list(
      await this.get(`api/atlases/${encodeURIComponent(atlas)}/regions?${query}`, signal),
      "regions",
      hit,
    );
  }

  async details(
    atlas: string,
    parcellation: string,
    id: string,
    signal: AbortSignal,
  ): Promise<RegionDetails> {
    const query = new URLSearchParams({ parcellation });
    const path = `api/atlases/${encodeURIComponent(atlas)}/regions/${encodeURIComponent(id)}?${query}`;
    return regionDetails(await this.get(path, signal), "the region");
  }

  /** The regions at a table of points as CSV, which comes back with more columns. */
  async assign(
    atlas: string,
    parcellation: string,
    body: string,
    signal: AbortSignal,
  ): Promise<string> {
    const query = new URLSearchParams({ parcellation, distance: "1" });
    const path = `api/atlases/${encodeURIComponent(atlas)}/assign?${query}`;
    const headers = { "Content-Type": "text/csv", Accept: "text/csv" };
    return (await this.send(path, { method: "POST", signal, headers, body })).text;
  }

  private async send(
    path: string,
    asked: RequestInit & { readonly signal: AbortSignal },
  ): Promise<{ response: Response; text: string }> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(this.resolve(path), asked);
      text = await response.text();
    } catch (error) {
      if (asked.signal.aborted) throw error;
      throw new ApiError(t("The server does not answer. Is it still running?"));
    }
    if (!response.ok) {
      const told = problemOf(text);
      throw new ApiError(inWords(told, response), response.status, told);
    }
    return { response, text };
  }

  /** The absolute address of a path that the server gave, or of one beside the page. */
  resolve(path: string): string {
    const root = this.base.pathname;
    return new URL(path.startsWith(root) ? path : path.replace(/^\//, ""), this.base).href;
  }

  private async get(path: string, signal: AbortSignal): Promise<unknown> {
    return (await this.ask("GET", path, { signal })).json;
  }

  /** Ask the server; what it refuses is thrown, in words for people. */
  async ask(method: string, path: string, asked: Asked): Promise<Answer> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (asked.body !== undefined) headers["Content-Type"] = "application/json";
    if (asked.key) headers.Authorization = `Bearer ${asked.key}`;
    if (asked.match !== undefined) headers["If-Match"] = asked.match;
    const body = asked.body === undefined ? null : JSON.stringify(asked.body);
    const { response, text } = await this.send(path, {
      method,
      signal: asked.signal,
      headers,
      body,
    });
    try {
      return { json: text === "" ? null : parse(text), tag: response.headers.get("ETag") };
    } catch {
      throw new ApiError(t("The server’s answer to {path} is not JSON.", { path }));
    }
  }
}

/** What goes with a request. */
export interface Asked {
  readonly signal: AbortSignal;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Edit key of what is asked for. */
  readonly key?: string | null;
  /** Entity tag of what is changed. */
  readonly match?: string;
}

export interface Answer {
  readonly json: unknown;
  /** Entity tag of what was answered. */
  readonly tag: string | null;
}

/** The problem document of a failure; empty where there is none. */
function problemOf(text: string): Json {
  try {
    return record(JSON.parse(text), "problem");
  } catch {
    return {};
  }
}

function inWords({ title, detail }: Json, response: Response): string {
  const parts = [title, detail].filter((part) => typeof part === "string" && part !== "");
  const said =
    parts.join(": ") ||
    t("The server answered {status}", { status: `${response.status} ${response.statusText}` });
  const wait = response.headers.get("Retry-After");
  if (wait === null || !/^\d+$/.test(wait)) return said.trim();
  const again = plural(Number(wait), "Try again in {n} second.", "Try again in {n} seconds.");
  return `${said.trim()} ${again}`;
}
