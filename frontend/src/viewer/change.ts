/** Tell the engine what changed in a view, and nothing else: what is loaded stays loaded. */

import { normalize, quat } from "../geometry";
import {
  engineLayout,
  IMAGE_LAYERS,
  LABELS_LAYER,
  type Scene,
  shaderControls,
  spanOf,
} from "../scene";
import type { Camera, Style, View } from "../state";
import type { Engine, EngineLayer } from "./engine";

export function cameraOf(engine: Engine): Camera {
  const [x = 0, y = 0, z = 0] = engine.position.value;
  return {
    at: [x, y, z],
    zoom: engine.crossSectionScale.value,
    turn: quat(engine.crossSectionOrientation.orientation),
    zoom3d: engine.projectionScale.value,
    turn3d: quat(engine.projectionOrientation.orientation),
  };
}

export function change(
  engine: Engine,
  { camera, style }: View,
  before: Style,
  scene: Scene,
  visible: readonly bigint[] | null,
): void {
  move(engine, camera);
  if (style.layout !== before.layout) {
    engine.state.restoreState({ layout: engineLayout(style.layout, spanOf(scene), camera.turn) });
  }
  for (const name of IMAGE_LAYERS) {
    const image = engine.layerManager.getLayerByName(name);
    if (!image || !scene.image) continue;
    image.setVisible(style.template);
    if (style.window !== before.window || style.gamma !== before.gamma) {
      (image.layer as EngineLayer | null)?.shaderControlState?.restoreState(
        shaderControls(scene.image, style),
      );
    }
  }
  const labels = engine.layerManager.getLayerByName(LABELS_LAYER);
  if (labels) {
    labels.setVisible(style.regions);
    const display = (labels.layer as EngineLayer | null)?.displayState;
    if (display && style.selected !== before.selected) select(display, visible);
  }
}

function select(
  display: NonNullable<EngineLayer["displayState"]>,
  visible: readonly bigint[] | null,
): void {
  const { selectedSegments, visibleSegments } = display.segmentationGroupState.value;
  selectedSegments.clear();
  visibleSegments.clear();
  display.ignoreNullVisibleSet.value = visible === null;
  if (visible !== null && visible.length > 0) visibleSegments.add([...visible]);
}

export function move(engine: Engine, { at, zoom, turn, zoom3d, turn3d }: Camera): void {
  const now = cameraOf(engine);
  if (at.some((value, i) => Math.fround(value) !== now.at[i])) {
    engine.position.value = Float32Array.from(at);
  }
  if (zoom !== now.zoom) engine.crossSectionScale.value = zoom;
  if (zoom3d !== now.zoom3d) engine.projectionScale.value = zoom3d;
  for (const [state, to, from] of [
    [engine.crossSectionOrientation, turn, now.turn],
    [engine.projectionOrientation, turn3d, now.turn3d],
  ] as const) {
    // By the same way as a link is opened, so that both come to the same bits.
    if (!normalize(to).every((value, i) => Math.fround(value) === from[i])) {
      state.restoreState([...to]);
    }
  }
}
