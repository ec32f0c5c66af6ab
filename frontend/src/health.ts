/** How the server is, as far as its answers tell; pure. */

import { t } from "./words";

export type Health =
  | { readonly kind: "well"; readonly digest: string | null }
  /** No answer at all. */
  | { readonly kind: "away" }
  /** What is shown is no longer there. */
  | { readonly kind: "gone" }
  /** What is shown may no longer be seen. */
  | { readonly kind: "barred" }
  /** The server answers that it cannot: it, or the store of the data, is overloaded. */
  | { readonly kind: "busy"; readonly detail: string };

/** What an answer tells; a status of `null` is none. */
export function healthOf(status: number | null, digest: string | null, detail: string): Health {
  if (status === null) return { kind: "away" };
  if (status === 404 || status === 410) return { kind: "gone" };
  if (status === 401 || status === 403) return { kind: "barred" };
  if (status >= 400) return { kind: "busy", detail };
  return { kind: "well", digest };
}

/**
 * What it means that no answer came. On a slow line one waits behind the picture's own parts: while
 * these come the server is as it was `before`.
 */
export function unanswered(before: Health, parts: boolean): Health {
  return parts ? before : healthOf(null, null, "");
}

/** What is said of it, with what to do; `null` when there is nothing to say. */
export function healthText(health: Health, name: string): string | null {
  switch (health.kind) {
    case "well":
      return null;
    case "away":
      return t(
        "The server does not answer: it was stopped, or the network is down. What you see stays; this page goes on by itself as soon as it answers.",
      );
    case "gone":
      return t(
        "“{name}” is no longer on this server, so nothing more of it can be loaded. Choose other data above; should it come back, this page goes on by itself.",
        { name },
      );
    case "barred":
      return t(
        "This server no longer lets you see “{name}”. Sign in again, or ask whoever runs it for access; then this page goes on by itself.",
        { name },
      );
    case "busy":
      return t("The server cannot read “{name}” now: {detail} This page asks again by itself.", {
        name,
        detail: sentence(health.detail),
      });
  }
}

function sentence(words: string): string {
  const trimmed = words.trim();
  return trimmed === "" || /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** How long until the server is asked again, in ms: often while it ails or somebody is at work. */
export function pause(health: Health, idle: number): number {
  if (health.kind !== "well") return 2000;
  return idle < 15_000 ? 4000 : 30_000;
}

/** Loading has stood still for so long, in ms, before anything is said of it. */
export const STALLED = 8000;

/** Tells when loading stands still, and how far it is. */
export class Patience {
  private best = -1;
  private needed = -1;
  private since = 0;

  /** Say how far loading is at a time in ms; answers with whether it has stood still too long. */
  tell(ready: boolean, needed: number, available: number, now: number): boolean {
    if (ready || needed === 0 || needed !== this.needed || available > this.best) {
      this.best = available;
      this.needed = needed;
      this.since = now;
      return false;
    }
    return now - this.since >= STALLED;
  }
}
