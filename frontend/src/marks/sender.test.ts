import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MarksClient } from "./client";
import { CONTENT } from "./made";
import { MemoryOps } from "./opstore";
import { Sender } from "./sender";

interface Asked {
  readonly line: string;
  readonly once: string | undefined;
  readonly match: string | undefined;
  readonly body: string;
}

let server: Server;
let asked: Asked[];
/** What the server does with each request, in order: a status, or hanging up. */
let answers: ((asked: Asked) => [number, unknown] | "hang up")[];

const told = (id: string, revision: number) => ({
  id,
  revision,
  seq: revision,
  ...CONTENT,
  region: null,
  created: "",
  updated: "",
});

async function read(request: IncomingMessage): Promise<Asked> {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { headers, method, url } = request;
  return {
    line: `${method} ${url?.split("?")[0]}`,
    once: headers["idempotency-key"] as string | undefined,
    match: headers["if-match"],
    body,
  };
}

beforeEach(async () => {
  asked = [];
  answers = [];
  server = createServer(async (request, response) => {
    const now = await read(request);
    asked.push(now);
    const answer = answers.shift()?.(now) ?? [500, {}];
    if (answer === "hang up") request.socket.destroy();
    else response.writeHead(answer[0]).end(JSON.stringify(answer[1]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function start(store = new MemoryOps(), port = (server.address() as AddressInfo).port) {
  const client = new MarksClient((path) => `http://127.0.0.1:${port}/${path}`);
  let settle = () => {};
  const sender: Sender = new Sender(store, client, () => "0123456789abcdef", {
    onQueue: () => settle(),
    onDone: () => {},
  });
  /** Settles when something is so. */
  const until = (so: () => boolean) =>
    new Promise<void>((resolve) => {
      settle = () => so() && resolve();
      settle();
    });
  return { sender, until };
}

const CREATE = {
  set: "s",
  item: "~x",
  kind: "create",
  content: CONTENT,
  base: null,
  author: "",
} as const;

test("a lost answer is asked for again with the same key, and what waits goes after it", async () => {
  answers = [() => "hang up", () => [201, told("id1", 1)], () => [200, told("id1", 2)]];
  const { sender, until } = start();
  await sender.take(() => CREATE);
  await until(() => !sender.online);
  await sender.take(() => ({ ...CREATE, kind: "update", content: { ...CONTENT, label: "named" } }));
  await until(() => sender.ops.length === 0);
  expect(asked.map(({ line }) => line)).toEqual([
    "POST /api/annotations/s/items",
    "POST /api/annotations/s/items",
    "PUT /api/annotations/s/items/id1",
  ]);
  expect(asked[0]?.once).toBe(asked[1]?.once);
  expect(asked[2]).toMatchObject({ match: '"1"' });
  expect(asked[2]?.once).not.toBe(asked[0]?.once);
  expect(sender.online).toBe(true);
});

test("what somebody else changed is a conflict; mine is sent on top of it when it is kept", async () => {
  const theirs = { ...told("a", 7), label: "theirs" };
  answers = [
    () => [412, { title: "Changed in between", current: theirs }],
    () => [200, told("a", 8)],
  ];
  const { sender, until } = start();
  await sender.take(() => ({ ...CREATE, item: "a", kind: "update", base: 3 }));
  await until(() => sender.ops[0]?.trouble != null);
  expect(asked[0]?.match).toBe('"3"');
  expect(sender.ops[0]?.trouble).toMatchObject({ kind: "conflict", theirs: { label: "theirs" } });
  await sender.keepMine(1);
  await until(() => sender.ops.length === 0);
  expect(asked[1]?.match).toBe('"7"');
});

test("what the server will never take is told, and does not hold up the rest", async () => {
  answers = [() => [400, { title: "Wrong", detail: "why" }], () => [201, told("id2", 1)]];
  const { sender, until } = start();
  await sender.take(() => ({ ...CREATE, item: "~bad" }));
  await sender.take(() => CREATE);
  await until(() => sender.ops.length === 1 && sender.ops[0]?.trouble != null);
  expect(sender.ops[0]?.trouble).toMatchObject({ kind: "refused", why: "Wrong: why" });
});

test("what waited is sent by whoever comes next", async () => {
  const store = new MemoryOps();
  // Nobody listens at the port of a page that was closed.
  const first = start(store, 1);
  await first.sender.take(() => CREATE);
  await first.until(() => !first.sender.online);
  const [waiting] = first.sender.ops;
  expect(waiting?.tried).toBe(true);
  answers = [() => [201, told("id1", 1)]];
  const second = start(store);
  expect(await second.sender.start()).toBe(1);
  await second.until(() => second.sender.ops.length === 0);
  expect(asked.map(({ once }) => once)).toEqual([waiting?.once]);
});
