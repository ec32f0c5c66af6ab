import { expect, test } from "vitest";
import { frameOf } from "./frame";
import { idOf, isOurs, readMessage } from "./messages";

const HOST = "https://atlas.example.org";
const hello = { atlasview: 1 };

test("the address of a frame says what stands around the map and who listens", () => {
  expect(frameOf(`${HOST}/#v=1`)).toBeNull();
  expect(frameOf(`${HOST}/brains/embed/`)?.parts.size).toBe(5);
  expect(frameOf(`${HOST}/embed/`)?.origin).toBe(HOST);
  const frame = frameOf(`${HOST}/embed/Ab3?chrome=search,tree&origin=https://lab.example.org`);
  expect([...(frame?.parts ?? [])]).toEqual(["search", "tree"]);
  expect(frame?.origin).toBe("https://lab.example.org");
  expect(frameOf(`${HOST}/embed/?chrome=minimal`)?.parts.size).toBe(0);
});

test("what is asked is read, and what makes no sense is told in words", () => {
  expect(readMessage({ ...hello, type: "fly", region: "L.putamen", id: 3 })).toEqual({
    id: 3,
    type: "fly",
    region: "L.putamen",
  });
  expect(readMessage({ ...hello, type: "fly", point: [1, 2, 3] })).toEqual({
    id: null,
    type: "fly",
    point: [1, 2, 3],
    zoom: null,
  });
  for (const wrong of [
    { atlasview: 2, type: "fly", region: "a" },
    { ...hello, type: "dance" },
    { ...hello, type: "fly", point: [1, 2] },
    { ...hello, type: "fly", point: [1, 2, 3], zoom: 0 },
    { ...hello, type: "select", regions: "a" },
    { ...hello, type: "setView", hash: "v=1" },
    { ...hello, type: "setView", view: "v=1" },
  ]) {
    expect(() => readMessage(wrong)).toThrow(/[.] *$/);
  }
  expect(isOurs({ type: "webpackOk" })).toBe(false);
  expect(isOurs(null)).toBe(false);
  expect(idOf({ id: {} })).toBeNull();
});
