import { describe, expect, test } from "vitest";
import { clicked, endedOf, hovered, shownOf, startDraft, wholeOf } from "./draft";
import { takeEvents } from "./events";
import { filtered, NO_FILTER, ORDERS, ordered, tagsOf } from "./list";
import { CONTENT, made } from "./made";
import { colorOf, engineMark, numbersOf, shaderOf } from "./paint";
import { type PanelMap, spotOf, stepOf } from "./project";
import { did, NO_STEPS, redo, renamed, undo } from "./steps";

describe("a draft", () => {
  test("is whole with its last click, or when it is ended", () => {
    const line = clicked(clicked(startDraft("line"), [0, 0, 0]), [1, 0, 0]);
    expect(wholeOf(line)).toEqual(line.clicks);
    let path = clicked(clicked(startDraft("polygon"), [0, 0, 0]), [1, 0, 0]);
    expect(endedOf(path)).toBeNull();
    path = clicked(path, [0, 1, 0]);
    expect(wholeOf(path)).toBeNull();
    expect(endedOf(path)).toHaveLength(3);
    // The second click of a double click.
    expect(clicked(path, [0, 1, 0])).toBe(path);
  });

  test("shows what the next click would make", () => {
    const draft = hovered(clicked(startDraft("ellipsoid"), [0, 0, 0]), [2, 0, 0]);
    expect(shownOf(draft)).toEqual({
      type: "ellipsoid",
      points: [
        [0, 0, 0],
        [2, 2, 2],
      ],
    });
    expect(shownOf(hovered(startDraft("line"), [1, 1, 1]))).toBeNull();
    const two = hovered(clicked(startDraft("polygon"), [0, 0, 0]), [2, 0, 0]);
    expect(shownOf(two)?.type).toBe("polyline");
  });
});

test("events are taken whole, however they are cut", () => {
  const text =
    'retry: 1000\nevent: hello\ndata: {"a":1}\n\n: keep\n\nid: 7\nevent: change\ndata: {}\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const first = takeEvents(text.slice(0, cut));
    const second = takeEvents(first.rest + text.slice(cut));
    expect([...first.events, ...second.events]).toEqual([
      { kind: "hello", data: '{"a":1}' },
      { kind: "change", data: "{}" },
    ]);
    expect(second.rest).toBe("");
  }
});

describe("the list", () => {
  const region = {
    id: "12",
    acronym: "Pu",
    name: "putamen",
    ancestors: [{ id: "1", name: "Brain" }],
  };
  const marks = [
    made("a", { label: "Élan", seq: 1, region, created: "2026-01-01" }),
    made("b", { tags: ["deep", "left"], seq: 2, created: "2026-01-02" }),
    made("c", {
      label: "beta",
      type: "line",
      points: [
        [0, 0, 0],
        [0, 0, 9],
      ],
      tags: ["deep"],
      seq: 3,
      created: "2026-01-03",
    }),
  ];
  const ids = (found: readonly { id: string }[]) => found.map(({ id }) => id).join("");

  test("finds by words without accents, by tag, by kind, and by a region above", () => {
    expect(ids(filtered(marks, { ...NO_FILTER, words: "elan PUTA" }))).toBe("a");
    expect(ids(filtered(marks, { ...NO_FILTER, tag: "deep" }))).toBe("bc");
    expect(ids(filtered(marks, { ...NO_FILTER, type: "line" }))).toBe("c");
    expect(ids(filtered(marks, { ...NO_FILTER, region: "1" }))).toBe("a");
    expect(filtered(marks, NO_FILTER)).toBe(marks);
    expect(tagsOf(marks)).toEqual(["deep", "left"]);
  });

  test("is sorted each way without losing any", () => {
    const found = Object.fromEntries(ORDERS.map((order) => [order, ids(ordered(marks, order))]));
    expect(found).toEqual({
      newest: "cba",
      oldest: "abc",
      label: "cab",
      region: "abc",
      type: "cab",
      size: "cab",
    });
  });

  test("of ten thousand is found and sorted within a frame or two", () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      made(`m${i}`, { label: `n ${i % 97}`, seq: i }),
    );
    filtered(many, { ...NO_FILTER, words: "n 5" });
    const begin = performance.now();
    expect(filtered(many, { ...NO_FILTER, words: "n 5" }).length).toBeGreaterThan(100);
    ordered(many, "newest");
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe("a panel", () => {
  const place = { left: 0, top: 0, width: 200, height: 100 };
  // Tilted, half a millimetre a pixel.
  const plane: PanelMap = {
    kind: "plane",
    ...place,
    centre: [10, 20, 30],
    right: [0.3, 0.4, 0],
    down: [-0.4, 0.3, 0],
    normal: [0, 0, 0.5],
  };
  // Perspective along z: w is the distance.
  const space: PanelMap = {
    kind: "space",
    ...place,
    matrix: [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0],
  };

  test("draws its centre in its middle, and tells how far a point is from its plane", () => {
    expect(spotOf(plane, [10, 20, 30])).toEqual({ x: 100, y: 50, depth: 0 });
    expect(spotOf(plane, [10.3, 20.4, 31])).toMatchObject({ x: 101, depth: 2 });
    expect(spotOf(space, [0, 0, -1])).toBeNull();
  });

  test.each([
    ["plane", plane, [11, 21, 33]],
    ["space", space, [0.5, 0.25, 4]],
  ] as const)("of %s takes a point as far as it is dragged", (_, map, at) => {
    const [dx, dy, dz] = stepOf(map, at, 7, -3);
    const [before, after] = [spotOf(map, at), spotOf(map, [at[0] + dx, at[1] + dy, at[2] + dz])];
    expect((after?.x ?? 0) - (before?.x ?? 0)).toBeCloseTo(7, 2);
    expect((after?.y ?? 0) - (before?.y ?? 0)).toBeCloseTo(-3, 2);
    expect(after?.depth).toBeCloseTo(before?.depth ?? 0, 5);
  });
});

test("steps are undone and done again in order, whatever an annotation is called by then", () => {
  const other = { ...CONTENT, label: "named" };
  let steps = did(NO_STEPS, { set: "s", item: "~x", before: null, after: CONTENT });
  steps = did(steps, { set: "s", item: "~x", before: CONTENT, after: other });
  steps = renamed(steps, "~x", "id1");
  const first = undo(steps);
  expect(first?.step).toEqual({ set: "s", item: "id1", before: other, after: CONTENT });
  const second = undo(first?.steps ?? NO_STEPS);
  expect(second?.step.after).toBeNull();
  expect(undo(second?.steps ?? NO_STEPS)).toBeNull();
  const again = redo(second?.steps ?? NO_STEPS);
  expect(again?.step).toEqual({ set: "s", item: "id1", before: null, after: CONTENT });
  // Something new leaves nothing to be done again.
  expect(did(again?.steps ?? NO_STEPS, steps.done[0] as never).undone).toEqual([]);
});

describe("paint", () => {
  test("tells the engine each shape in its own words", () => {
    const corners = [
      [5, 0, 0],
      [1, 2, 3],
    ] as const;
    const box = engineMark(made("b", { type: "box", points: [...corners], color: "#102030" }), {
      by: "own",
    });
    expect(box).toMatchObject({ type: 2, properties: [0x30_20_10] });
    expect([...(box.pointA ?? [])]).toEqual([1, 0, 0]);
    const polygon = engineMark(made("p", { type: "polygon", points: [...corners, [0, 0, 0]] }), {
      by: "own",
    });
    expect(polygon.points?.map((point) => [...point]).at(-1)).toEqual([5, 0, 0]);
  });

  test("colours by what is chosen", () => {
    const mark = made("a", { properties: { size: 10 } });
    expect(colorOf(mark, { by: "number", name: "size", range: [0, 10] })).toEqual([253, 231, 37]);
    expect(colorOf(mark, { by: "number", name: "none", range: [0, 1] })).toEqual([150, 150, 150]);
    expect(colorOf(mark, { by: "own" })).toEqual([255, 255, 0]);
    expect(numbersOf([mark, made("b", { properties: { size: 2 } })]).get("size")).toEqual([2, 10]);
  });

  test("writes a program that names regions only by number", () => {
    const stream = {
      url: "",
      types: ["point"],
      version: 0,
      regions: ["12", "x\nevil();"],
    } as const;
    const shader = shaderOf({ coloring: { by: "own" }, stream });
    expect(shader).toContain("case 12u:");
    expect(shader).not.toContain("evil");
    const none = shaderOf({ coloring: { by: "own" }, stream: { ...stream, regions: [] } });
    expect(none).toContain("discard");
  });
});
