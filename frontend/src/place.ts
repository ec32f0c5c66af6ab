/** Where the page lies, and what its own address names; pure. */

/** What the address names before `#`. */
export interface Place {
  /** The folder that the server's faces lie in. */
  readonly base: URL;
  /** Id of a view, where the page was opened by a short link. */
  readonly view: string | null;
  readonly revision: number | null;
  /** Of a story, counted from 1. */
  readonly step: number | null;
}

/** Read an address: `…/`, or `…/views/{id}?revision=2&step=3`, and the same under `embed`. */
export function placeOf(href: string): Place {
  const url = new URL(href);
  const found = /^(.*\/)(?:views\/([0-9A-Za-z]+)|embed\/([0-9A-Za-z]*))$/.exec(url.pathname);
  return {
    base: new URL(found?.[1] ?? "./", new URL(url.pathname, url)),
    view: found?.[2] || found?.[3] || null,
    revision: count(url.searchParams.get("revision")),
    step: count(url.searchParams.get("step")),
  };
}

/** What stands before `#` when another step is shown: whatever else is there stays. */
export function withStep(search: string, step: number | null): string {
  const asked = new URLSearchParams(search);
  if (step === null) asked.delete("step");
  else asked.set("step", String(step));
  return asked.size > 0 ? `?${asked}` : "";
}

function count(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
