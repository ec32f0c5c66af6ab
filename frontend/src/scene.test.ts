import { describe, expect, test } from "vitest";
import { NOTHING_DRAWN } from "./drawn";
import { LABELS, T1, VIEW } from "./fixtures";
import {
  defaultWindow,
  engineLayout,
  engineState,
  PLANE_TURNS,
  shaderControls,
  sideOfScene,
} from "./scene";
import { STYLE } from "./state";
import type { Volume } from "./volume";

describe("the engine's state", () => {
  const resolve = (path: string) => `http://host${path}`;
  const scene = { image: T1, labels: LABELS, surfaces: true };
  const drawn = { ...NOTHING_DRAWN, colors: new Map([[37n, "#2a52be"]]) };

  test("gives dimensions and scales with the layers, in mm", () => {
    const state = engineState(VIEW, scene, drawn, resolve) as Record<string, unknown>;
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
      {
        name: "solids",
        source: { url: "precomputed://http://host/precomputed/dk@abc/mesh" },
        segments: [],
      },
      {
        name: "shell",
        source: { url: "precomputed://http://host/precomputed/t1@abc/mesh" },
        segments: ["1"],
        pick: false,
      },
    ]);
  });

  test("shows nothing, not all, of a selection without voxels", () => {
    const { layers } = engineState(VIEW, scene, { ...drawn, full: [] }, resolve) as {
      layers: object[];
    };
    expect(layers[1]).toMatchObject({ ignoreNullVisibleSet: false, segments: [] });
  });

  test("holds labels beyond 2⁵³ exactly", () => {
    const full = [18446744073709551615n];
    const { layers } = engineState(VIEW, scene, { ...drawn, full }, resolve) as {
      layers: object[];
    };
    expect(layers[1]).toMatchObject({ segments: ["18446744073709551615"] });
  });
});

describe("one hemisphere", () => {
  const scene = { image: T1, labels: LABELS, surfaces: true };
  const left = { ...STYLE, side: "left" } as const;

  test("is another volume where a volume tells sides, and its surfaces lie beneath it", () => {
    const { image, labels } = sideOfScene(scene, "volume", left);
    expect(image).toBe(T1);
    expect(labels?.source).toEqual({ ...LABELS.precomputed, path: "/precomputed/dk.left/" });
    expect(labels?.precomputed.path).toBe("/precomputed/dk.left/");
  });

  test("is the same volume where the table tells sides", () => {
    expect(sideOfScene(scene, "regions", left)).toBe(scene);
    expect(sideOfScene(scene, "volume", STYLE)).toBe(scene);
  });
});

describe("the planes of the 3D panel", () => {
  const sectionsOf = (sections: boolean) =>
    engineLayout({ layout: "3d", sections }, 100, [1, 0, 0, 0]) as { crossSections: object };

  test("are there or not", () => {
    expect(Object.keys(sectionsOf(true).crossSections)).toEqual(Object.keys(PLANE_TURNS));
    expect(sectionsOf(false).crossSections).toEqual({});
  });
});

describe("an image of several channels", () => {
  const resolve = (path: string) => `http://host${path}`;
  const transform = {
    outputDimensions: { "c^": [1, ""], z: [1e-3, "m"], y: [1e-3, "m"], x: [1e-3, "m"] },
    matrix: [[1], [2], [3], [4]],
  };
  const source = { ...T1.source, transform };
  const layersOf = (image: Volume, channel: number | null) => {
    const view = { ...VIEW, style: { ...STYLE, channel } };
    const scene = { image, labels: null, surfaces: false };
    const state = engineState(view, scene, NOTHING_DRAWN, resolve);
    const { layers } = state as { layers: Record<string, unknown>[] };
    return layers.filter(({ type }) => type === "image");
  };

  test("is drawn one channel at a time, however they are stored", () => {
    const image: Volume = { ...T1, dtype: "uint16", channels: 2, source };
    expect(layersOf(image, 1)).toMatchObject([
      {
        source: {
          transform: {
            outputDimensions: { "c'": [1, ""], z: [1e-3, "m"], y: [1e-3, "m"], x: [1e-3, "m"] },
            matrix: transform.matrix,
          },
        },
        localDimensions: { "c'": [1, ""] },
        localPosition: [1],
      },
    ]);
    expect(layersOf(image, null)).toMatchObject([{ localPosition: [0] }]);
  });

  test("of red, green and blue is drawn in colour, or one channel in grey", () => {
    const image: Volume = { ...T1, channels: 3, source };
    expect(layersOf(image, null)).toMatchObject(
      [0, 1, 2].map((channel) => ({ localPosition: [channel], blend: "additive" })),
    );
    expect(layersOf(image, 2)).toMatchObject([{ localPosition: [2], blend: "default" }]);
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
