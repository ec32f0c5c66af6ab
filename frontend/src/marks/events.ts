/** Changes that others make, as they make them. */

import { type Json, number, parse, record } from "../json";
import { type MarksClient, Refused } from "./client";
import { type Change, change, type SetInfo, setInfo } from "./mark";

export interface ServerEvent {
  readonly kind: string;
  readonly data: string;
}

/** Take whole events from the start of a stream's text; what is left waits for more; pure. */
export function takeEvents(text: string): { events: ServerEvent[]; rest: string } {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  const events = blocks.flatMap((block) => {
    const fields = block.split("\n").map((line) => /^([a-z]+): ?(.*)$/.exec(line));
    const data = fields.flatMap((field) => (field?.[1] === "data" ? [field[2] ?? ""] : []));
    const kind = fields.find((field) => field?.[1] === "event")?.[2];
    return kind !== undefined && data.length > 0 ? [{ kind, data: data.join("\n") }] : [];
  });
  return { events, rest };
}

export interface Listener {
  onChange(change: Change): void;
  onSet(info: SetInfo): void;
  /** Too much happened to be told one by one. */
  onReload(): void;
  /** The set was taken away, or may not be read any more. */
  onGone(why: string): void;
  /** Is every change heard of at once? */
  onLive(live: boolean): void;
}

const FIRST = 500;
const LONGEST = 15_000;

/** Listen to a set until told to stop; whatever breaks in between is made good. */
export async function follow(
  client: MarksClient,
  set: string,
  seen: () => number,
  key: () => string | null,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  let wait = FIRST;
  while (!signal.aborted) {
    try {
      const stream = await client.events(set, seen(), { key: key(), signal });
      for await (const event of eventsOf(stream)) {
        if (signal.aborted) return;
        wait = FIRST;
        if (event.kind === "hello") listener.onLive(true);
        if (tell(event, listener) === "gone") {
          // Asked again it says whether it is gone for good.
          break;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) {
        listener.onGone(error.message);
        return;
      }
    }
    listener.onLive(false);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      const stop = () => {
        clearTimeout(timer);
        resolve(null);
      };
      signal.addEventListener("abort", stop, { once: true });
    });
    wait = Math.min(LONGEST, wait * 2);
  }
}

function tell({ kind, data }: ServerEvent, listener: Listener): string {
  const json: Json = record(parse(data), "event");
  if (kind === "change") listener.onChange(change(json));
  else if (kind === "set") listener.onSet(setInfo(json));
  else if (kind === "reload" && number(json.revision, "revision") >= 0) listener.onReload();
  return kind;
}

async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const { events, rest } = takeEvents(text + decoder.decode(value, { stream: true }));
      text = rest;
      yield* events;
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}
