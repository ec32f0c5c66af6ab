import { describe, expect, test } from "vitest";
import type { Volume } from "./api";
import { multiply, turn, UPRIGHT } from "./geometry";
import {
  canonical,
  defaultWindow,
  engineState,
  formatHash,
  parseHash,
  STYLE,
  sameCamera,
  shaderControls,
  TURN_3D,
  type View,
} from "./state";

const VIEW: View = {
  data: { atlas: "icbm152", template: "t1", parcellation: "dk", volume: null },
  camera: { at: [-26, 6, 0], zoom: 0.5, turn: UPRIGHT, zoom3d: 300, turn3d: TURN_3D },
  style: STYLE,
};

const T1: Volume = {
  id: "t1",
  name: "T1",
  kind: "image",
  dtype: "uint8",
  channels: 1,
  voxelSize: [1, 1, 1],
  space: "mni",
  bounds: [
    [-98.5, -134.5, -72.5],
    [98.5, 98.5, 116.5],
  ],
  valueRange: [0, 255],
  percentiles: new Map([
    ["1", 0],
    ["99.5", 228.3],
  ]),
  licence: null,
  citation: null,
  source: { format: "zarr3", path: "/chunks/t1@abc/", transform: null },
};
const LABELS: Volume = {
  ...T1,
  id: "dk",
  kind: "labels",
  source: { format: "zarr3", path: "/chunks/dk@abc/", transform: { matrix: [] } },
};

/** The view that an address gives, as far as it says. */
function reopened(hash: string): View {
  const { wish, notices } = parseHash(hash);
  expect(notices).toEqual([]);
  return {
    data: { ...VIEW.data, volume: null, ...wish.data },
    camera: { ...VIEW.camera, ...wish.camera },
    style: { ...STYLE, ...wish.style },
  };
}

describe("the address", () => {
  test("is short and readable", () => {
    expect(formatHash(VIEW)).toBe(
      "#v=1&a=icbm152&t=t1&p=dk&at=-26,6,0&zoom=0.5&layout=4panel&zoom3=300",
    );
  });

  test("brings back every part of a view", () => {
    const view: View = {
      data: VIEW.data,
      camera: canonical({
        at: [-26.123456, 6.5, 0.001],
        zoom: 0.012345678,
        turn: multiply(turn([1, 2, 3], 33), UPRIGHT),
        zoom3d: 123.456789,
        turn3d: turn([3, 2, 1], 120),
      }),
      style: {
        layout: "coronal",
        selected: ["37", "1010", "18446744073709551615"],
        window: [-0.5, 228.25],
        gamma: 1.5,
        template: false,
        regions: false,
        opacity: 0.75,
        drawing: "outline",
        crosshair: false,
      },
    };
    const back = reopened(formatHash(view));
    expect(back.data).toEqual(view.data);
    expect(back.style).toEqual(view.style);
    expect(sameCamera(back.camera, view.camera)).toBe(true);
    expect(formatHash(back)).toBe(formatHash(view));
  });

  test("does not drift when written again and again", () => {
    let hash = formatHash({
      ...VIEW,
      camera: { ...VIEW.camera, at: [1 / 3, 2 / 3, 1e-9], zoom: 1 / 3, zoom3d: 1000 / 7 },
    });
    const first = hash;
    for (let i = 0; i < 5; i++) hash = formatHash(reopened(hash));
    expect(hash).toBe(first);
  });

  test("keeps names that need escaping as they are", () => {
    const data = { ...VIEW.data, atlas: "a&b=c#d é/%" };
    expect(reopened(formatHash({ ...VIEW, data })).data.atlas).toBe(data.atlas);
  });

  test("says what it does not know, and follows the rest", () => {
    const { wish, notices } = parseHash("#v=1&at=1,2,3&colour=red&__proto__=1&zoom=-1&q=0,0,0,0");
    expect(wish.camera.at).toEqual([1, 2, 3]);
    expect(wish.camera.zoom).toBeUndefined();
    expect(wish.camera.turn).toBeUndefined();
    expect(notices).toHaveLength(4);
    expect(notices[0]).toContain("colour=red");
  });

  test("of another version opens nothing, and says so", () => {
    const { wish, notices } = parseHash("#v=7&at=1,2,3");
    expect(wish).toEqual({ data: {}, camera: {}, style: {} });
    expect(notices[0]).toContain("version 7");
  });

  test.each(["#", "", "#&&", "#%E0%A4%A", "#!{}", "#at", "#=&=", "#win=3,1", "#op=2", "#ol=9"])(
    "%s never throws",
    (hash) => {
      expect(parseHash(hash).wish.camera).toEqual({});
      expect(parseHash(hash).wish.style).toEqual({});
    },
  );
});

describe("the engine's state", () => {
  const resolve = (path: string) => `http://host${path}`;
  const scene = { image: T1, labels: LABELS, colors: { "37": "#2a52be" } };

  test("gives dimensions and scales with the layers, in mm", () => {
    const state = engineState(VIEW, scene, null, resolve) as Record<string, unknown>;
    expect(state.dimensions).toEqual({ x: [1e-3, "m"], y: [1e-3, "m"], z: [1e-3, "m"] });
    expect(state.position).toEqual([-26, 6, 0]);
    expect(state.crossSectionScale).toBe(0.5);
    expect(state.projectionScale).toBe(300);
    expect(state.layers).toMatchObject([
      { type: "image", source: { url: "zarr3://http://host/chunks/t1@abc/" } },
      {
        type: "segmentation",
        source: { url: "zarr3://http://host/chunks/dk@abc/", transform: { matrix: [] } },
        segmentColors: { "37": "#2a52be" },
        ignoreNullVisibleSet: true,
      },
    ]);
  });

  test("shows nothing, not all, of a selection without voxels", () => {
    const { layers } = engineState(VIEW, scene, [], resolve) as { layers: object[] };
    expect(layers[1]).toMatchObject({ ignoreNullVisibleSet: false, segments: [] });
  });

  test("holds labels beyond 2⁵³ exactly", () => {
    const { layers } = engineState(VIEW, scene, [18446744073709551615n], resolve) as {
      layers: object[];
    };
    expect(layers[1]).toMatchObject({ segments: ["18446744073709551615"] });
  });
});

test("the window starts at the percentiles, in whole numbers for whole numbers", () => {
  expect(defaultWindow(T1)).toEqual([0, 229]);
  expect(defaultWindow({ ...T1, dtype: "float32" })).toEqual([0, 228.3]);
  expect(defaultWindow({ ...T1, percentiles: new Map(), valueRange: [3, 3] })).toEqual([3, 4]);
  expect(shaderControls(T1, { ...STYLE, window: [10.4, 20.2] })).toMatchObject({
    normalized: { range: [10, 21] },
  });
});
