import { describe, expect, test } from "vitest";
import { fromDocument, type Step, toDocument } from "./document";
import { VIEW } from "./fixtures";
import { turn } from "./geometry";
import { formatHash } from "./link";
import { canonical, STYLE, type Style, type View } from "./state";

/** Every member differs from what the page begins with. */
const OTHER: Style = {
  layout: "coronal",
  selected: ["37", "1010", "18446744073709551615"],
  channel: 2,
  window: [-0.5, 228.25],
  gamma: 1.5,
  invert: true,
  colormap: "viridis",
  template: false,
  regions: false,
  opacity: 0.75,
  drawing: "outline",
  crosshair: false,
  depth: 2,
  palette: "safe",
  colors: { "37": "#ff8800", "1010": "#0a0b0c" },
  hidden: ["5", "2010"],
  isolate: true,
  side: "left",
  names: true,
  solids: "all",
  shell: false,
  sections: false,
  compare: { volume: "t2", how: "beside", at: 0.5, window: [1, 9] },
  coordinates: "space:talairach",
  sets: [
    { set: "k3j", visible: false },
    { set: "b2", visible: true },
    { set: "c1", visible: true, coloring: "region" },
    { set: "d4", visible: false, coloring: "number:size", range: [0.5, 96], region: "1022" },
  ],
};

const CAMERA = canonical({
  at: [-26.123456, 6.5, 0.001],
  zoom: 0.0125,
  turn: turn([1, 2, 3], 33),
  zoom3d: 123.5,
  turn3d: turn([3, 2, 1], 120),
});

const ATLAS: View = { ...VIEW, camera: CAMERA, style: OTHER };
const VOLUME: View = {
  data: { atlas: null, template: null, parcellation: null, volume: "a.b-c_1" },
  camera: CAMERA,
  style: { ...STYLE, layout: "3d", selected: ["5", "a b&c"] },
};
const BESIDE = { space: "mni" };
const STEPS: Step[] = [
  { title: "First <b>", text: "one\ntwo", view: ATLAS, ...BESIDE },
  { title: "", text: "", view: VOLUME, space: null },
];

/** The part of a view that a document wishes for. */
function wished({ data, camera, style }: View) {
  const said = <T extends object>(part: T) =>
    Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null));
  return { data: said(data), camera: said(camera), style: said(style) };
}

describe("the view document", () => {
  test("is tried with every member of the style at work", () => {
    expect(Object.keys(OTHER).sort()).toEqual(Object.keys(STYLE).sort());
    for (const [name, value] of Object.entries(STYLE)) {
      expect(OTHER[name as keyof Style], name).not.toEqual(value);
    }
  });

  test.each([
    ["of an atlas", ATLAS],
    ["of a volume", VOLUME],
    ["as the page begins", VIEW],
  ])("brings back every part of a view %s", (_, view) => {
    const sent = JSON.parse(JSON.stringify(toDocument(view, BESIDE)));
    const back = fromDocument(sent);
    expect(back.notices).toEqual([]);
    const { turn3d, ...camera } = back.wish.camera;
    const { turn3d: turned, ...expected } = wished({ ...view, camera: canonical(view.camera) })
      .camera as View["camera"];
    turned.forEach((value, i) => {
      expect(turn3d?.[i]).toBeCloseTo(value, 4);
    });
    expect({ ...camera, turn: camera.turn?.map((v) => Number(v.toFixed(4)) + 0) }).toEqual({
      ...expected,
      turn: [...expected.turn],
    });
    expect(back.wish.data).toEqual(wished(view).data);
    expect(back.wish.style).toEqual(wished(view).style);
    expect(back.space).toBe("mni");
    // Opened and shared again it is the same document.
    const again = { ...view, camera: canonical({ ...view.camera, ...back.wish.camera }) };
    expect(JSON.parse(JSON.stringify(toDocument(again, BESIDE)))).toEqual(sent);
  });

  test("keeps the steps of a story in order", () => {
    const sent = JSON.parse(JSON.stringify(toDocument(ATLAS, BESIDE, { t1: "abc" }, STEPS)));
    const { steps, notices } = fromDocument(sent);
    expect(notices).toEqual([]);
    expect(steps.map(({ title, text }) => [title, text])).toEqual([
      ["First <b>", "one\ntwo"],
      ["", ""],
    ]);
    expect(steps.map(({ wish }) => wish.style.layout)).toEqual(["coronal", "3d"]);
    expect(steps.map(({ wish }) => wish.style.sets)).toEqual([OTHER.sets, []]);
  });

  test("is what the server reads", async () => {
    const documents = [
      [ATLAS, toDocument(ATLAS, BESIDE, { t1: "abc" }, STEPS)],
      [VOLUME, toDocument(VOLUME, { space: null })],
    ] as const;
    const written = documents.map(([view, document]) => ({ document, address: formatHash(view) }));
    // The server's tests hold the same file to the published schema. `vitest -u` writes it anew.
    await expect(`${JSON.stringify(written, null, 1)}\n`).toMatchFileSnapshot(
      "../../tests/golden/page-views.json",
    );
  });

  test.each([
    null,
    5,
    [],
    "text",
    {},
    { version: 2, camera: 5, style: [], data: "x", steps: {}, annotations: 7 },
    { version: 2, camera: { at: [1], zoom: -1, turn: [0, 0, 0, 0] }, style: { layout: "round" } },
    { version: 2, steps: [null, 5, { camera: { zoom: "x" } }] },
    { version: 99 },
  ])("%j does no harm, and is told", (document) => {
    const { wish, notices } = fromDocument(document);
    expect(wish.camera).toEqual({});
    expect(wish.style).toEqual({ sets: [] });
    expect(notices.length).toBeGreaterThan(0);
  });
});
