/** The way from one camera to another; pure. */

import { multiply, normalize, type Quat, type Vec3 } from "./geometry";
import type { Camera } from "./state";

/** How long a flight takes, in ms. */
export const FLIGHT = 900;

/** Start and end gently. */
export function eased(share: number): number {
  const s = Math.min(1, Math.max(0, share));
  return s * s * (3 - 2 * s);
}

/** The camera after a share of the way; 0 is the first, 1 the last. */
export function between(from: Camera, to: Camera, share: number): Camera {
  if (share <= 0) return from;
  if (share >= 1) return to;
  // Zoomed evenly about a point that stays where it is: what one flies to never leaves the panel.
  const ratio = to.zoom / from.zoom;
  const gone = Math.abs(ratio - 1) < 1e-3 ? share : (ratio ** share - 1) / (ratio - 1);
  const at = from.at.map((value, i) => value + ((to.at[i] ?? 0) - value) * gone);
  return {
    at: at as unknown as Vec3,
    zoom: from.zoom * ratio ** share,
    turn: turnBetween(from.turn, to.turn, share),
    zoom3d: from.zoom3d * (to.zoom3d / from.zoom3d) ** share,
    turn3d: turnBetween(from.turn3d, to.turn3d, share),
  };
}

/** By the shorter way round. */
function turnBetween(from: Quat, to: Quat, share: number): Quat {
  const [a, b] = [normalize(from), normalize(to)];
  const [x, y, z, w] = multiply(b, [-a[0], -a[1], -a[2], a[3]]);
  const [dx, dy, dz, dw] = w < 0 ? [-x, -y, -z, -w] : [x, y, z, w];
  const sine = Math.hypot(dx, dy, dz);
  if (sine < 1e-9) return b;
  const half = Math.atan2(sine, dw) * share;
  const part = Math.sin(half) / sine;
  return normalize(multiply([dx * part, dy * part, dz * part, Math.cos(half)], a));
}
