/** Where the engine's panels lie, in the window and in the world. */

import { add, multiply, type Quat, quat, sameTurn, scale, sidesOf, type Vec3 } from "../geometry";
import type { Axes, Panel, Plane } from "../panels";
import { PLANE_TURNS } from "../scene";
import { type Engine, type EnginePanel, panelsOf } from "./engine";

export function placePanels(engine: Engine, target: HTMLElement): Panel[] {
  const origin = target.getBoundingClientRect();
  return panelsOf(engine).map((panel) => {
    const box = panel.element.getBoundingClientRect();
    const axes = axesOf(panel);
    return {
      plane: planeOf(panel, engine.crossSectionOrientation.orientation),
      left: box.left - origin.left,
      top: box.top - origin.top,
      width: box.width,
      height: box.height,
      sides: axes && sidesOf(axes.right, axes.down),
      axes,
    };
  });
}

/** Which of the planes a panel shows, whatever the turn of them all. */
export function planeOf({ sliceView }: EnginePanel, base: ArrayLike<number>): Plane {
  if (!sliceView) return "3d";
  const [x, y, z, w] = quat(base);
  const own = quat(sliceView.navigationState.pose.orientation.orientation);
  const relative = multiply([-x, -y, -z, w], own);
  const planes = Object.entries(PLANE_TURNS) as [Plane, Quat][];
  return planes.find(([, turn]) => sameTurn(turn, relative))?.[0] ?? "horizontal";
}

/** The directions to the right, down and into a panel, of length 1 in mm. */
export function axesOf({ sliceView }: EnginePanel): Axes | null {
  if (!sliceView) return null;
  const m = sliceView.projectionParameters.value.invViewMatrix;
  const unit = (axis: Vec3) => scale(axis, 1 / (Math.hypot(...axis) || 1));
  return { right: unit(column(m, 0)), down: unit(column(m, 1)), normal: unit(column(m, 2)) };
}

/** The point of the world at a place of the window, in a panel that shows a plane. */
export function pointAt({ sliceView, element }: EnginePanel, x: number, y: number): Vec3 | null {
  if (!sliceView) return null;
  const m = sliceView.projectionParameters.value.invViewMatrix;
  const box = element.getBoundingClientRect();
  const across = scale(column(m, 0), x - box.left - box.width / 2);
  const down = scale(column(m, 1), y - box.top - box.height / 2);
  return add(column(m, 3), add(across, down));
}

function column(m: Float32Array, i: number): Vec3 {
  return [m[4 * i] ?? 0, m[4 * i + 1] ?? 0, m[4 * i + 2] ?? 0];
}
