/** How the engine's panels map the world to their pixels. */

import type { Vec3 } from "../geometry";
import type { PanelMap } from "../marks/project";
import { type Engine, type EnginePanel, panelsOf } from "./engine";

interface SpacePanel {
  readonly projectionParameters: { readonly value: { readonly viewProjectionMat: Float32Array } };
}

/** Maps of all panels, each placed in the pixels of the map. */
export function mapsOf(engine: Engine, target: HTMLElement): PanelMap[] {
  const origin = target.getBoundingClientRect();
  return panelsOf(engine).map((panel) => mapOf(panel, origin));
}

function mapOf(panel: EnginePanel, origin: DOMRect): PanelMap {
  const box = panel.element.getBoundingClientRect();
  const place = {
    left: box.left - origin.left,
    top: box.top - origin.top,
    width: box.width,
    height: box.height,
  };
  const { sliceView } = panel;
  if (!sliceView) {
    const { projectionParameters } = panel as unknown as SpacePanel;
    return { kind: "space", ...place, matrix: projectionParameters.value.viewProjectionMat };
  }
  const m = sliceView.projectionParameters.value.invViewMatrix;
  const column = (i: number): Vec3 => [m[4 * i] ?? 0, m[4 * i + 1] ?? 0, m[4 * i + 2] ?? 0];
  return {
    kind: "plane",
    ...place,
    right: column(0),
    down: column(1),
    normal: column(2),
    centre: column(3),
  };
}
