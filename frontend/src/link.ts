/** Address ↔ view; pure. */

import { MOST_NAME } from "./keptplanes";
import { decode, ENTRIES, type Reading, wrong } from "./linkentries";
import { canonical, type View, type Wish } from "./state";
import { t } from "./words";

const VERSION = "1";

export function formatHash({ data, camera, style }: View): string {
  const view = { data, camera: canonical(camera), style };
  const entries = ENTRIES.flatMap(({ key, write }) => {
    const text = write(view);
    return text === null || text === "" ? [] : [`${key}=${encode(text)}`];
  });
  return `#${[`v=${VERSION}`, ...entries].join("&")}`;
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":");
}

export interface Parsed {
  readonly wish: Wish;
  /** What the plane that is shown is called. */
  readonly plane: string | null;
  /** What could not be followed, in words for people. */
  readonly notices: readonly string[];
  /** Keys of annotation sets, by the set: somebody chose to share them. */
  readonly keys: ReadonlyMap<string, string>;
}

/** What an address says beside the view. */
interface Beside extends Reading {
  version: string;
  plane: string | null;
  readonly keys: Map<string, string>;
}

const READERS: ReadonlyMap<string, (text: string, into: Beside) => void> = new Map([
  ...ENTRIES.map(({ key, read }) => [key, read] as const),
  [
    "v",
    (text, into) => {
      into.version = text;
    },
  ],
  [
    "plane",
    (text, into) => {
      into.plane = text.trim().slice(0, MOST_NAME) || wrong();
    },
  ],
  [
    "keys",
    (text, into) => {
      for (const part of text.split(",")) {
        const [set, key, ...rest] = part.split(":");
        if (!set || !key || rest.length > 0 || !/^[\w-]{16,128}$/.test(key)) wrong();
        into.keys.set(set, key);
      }
    },
  ],
] as readonly (readonly [string, (text: string, into: Beside) => void])[]);

/** Read an address. Whatever it holds, a view comes out, and words for what was not understood. */
export function parseHash(hash: string): Parsed {
  const into: Beside = {
    data: {},
    camera: {},
    style: {},
    version: VERSION,
    plane: null,
    keys: new Map(),
  };
  const { data, camera, style, keys } = into;
  const notices: string[] = [];
  const text = hash.replace(/^#/, "");
  for (const part of text.split("&")) {
    if (part === "") continue;
    const [rawKey = "", ...rest] = part.split("=");
    const key = decode(rawKey);
    const value = decode(rest.join("="));
    const read = key === null ? undefined : READERS.get(key);
    if (key === null || value === null || !read) {
      notices.push(
        t("This link holds “{part}”, which is not known here and was ignored.", {
          part: shorten(part),
        }),
      );
      continue;
    }
    try {
      read(value, into);
    } catch {
      notices.push(
        t("In this link “{part}” makes no sense and was ignored.", { part: shorten(part) }),
      );
    }
  }
  if (into.version !== VERSION) {
    return {
      wish: { data: {}, camera: {}, style: {} },
      plane: null,
      notices: [
        t(
          "This link is of version {version}, and this page reads version {known}: here is the view it starts with.",
          { version: shorten(into.version), known: VERSION },
        ),
      ],
      keys,
    };
  }
  return { wish: { data, camera, style }, plane: into.plane, notices, keys };
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
