/** A view and its volumes, for tests. */

import { UPRIGHT } from "./geometry";
import { STYLE, TURN_3D, type View } from "./state";
import type { Volume } from "./volume";

export const VIEW: View = {
  data: { atlas: "icbm152", template: "t1", parcellation: "dk", volume: null },
  camera: { at: [-26, 6, 0], zoom: 0.5, turn: UPRIGHT, zoom3d: 300, turn3d: TURN_3D },
  style: STYLE,
};

export const T1: Volume = {
  id: "t1",
  digest: "abc",
  name: "T1",
  kind: "image",
  dtype: "uint8",
  channels: 1,
  shape: [197, 233, 189],
  affine: [
    [1, 0, 0, -98],
    [0, 1, 0, -134],
    [0, 0, 1, -72],
    [0, 0, 0, 1],
  ],
  voxelSize: [1, 1, 1],
  levels: [
    [1, 1, 1],
    [2, 2, 2],
  ],
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
  precomputed: { format: "precomputed", path: "/precomputed/t1@abc/", transform: { matrix: [] } },
};
export const LABELS: Volume = {
  ...T1,
  id: "dk",
  kind: "labels",
  source: { format: "zarr3", path: "/chunks/dk@abc/", transform: { matrix: [] } },
  precomputed: { format: "precomputed", path: "/precomputed/dk@abc/", transform: { matrix: [] } },
};
