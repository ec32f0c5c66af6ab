/** Films of key frames: what each picture shows; pure. */

import type { WishedStep } from "./document";
import { between, eased } from "./flight";
import { type Camera, type Data, STYLE, type Style } from "./state";

/** A place that a film stops at. */
export interface KeyFrame {
  readonly title: string;
  readonly camera: Camera;
  readonly style: Style;
}

/** How long a film stays, and how long it flies, in seconds. */
export interface Pace {
  readonly stay: number;
  readonly flight: number;
  readonly perSecond: number;
}

/** One picture of a film. */
export interface Still {
  readonly camera: Camera;
  readonly style: Style;
  /** Of the place that it shows; empty on the way. */
  readonly title: string;
}

export const PACE: Pace = { stay: 2, flight: 3, perSecond: 25 };
/** Pictures at most: two minutes. */
export const MOST_STILLS = 3000;

export function countStills(keys: number, { stay, flight, perSecond }: Pace): number {
  if (keys === 0) return 0;
  return keys * Math.round(stay * perSecond) + (keys - 1) * Math.round(flight * perSecond);
}

/** All pictures of a film, one after the other. */
export function* stillsOf(keys: readonly KeyFrame[], pace: Pace): Generator<Still> {
  const stay = Math.round(pace.stay * pace.perSecond);
  const flight = Math.round(pace.flight * pace.perSecond);
  for (const [i, key] of keys.entries()) {
    for (let n = 0; n < stay; n++) yield key;
    const next = keys[i + 1];
    if (!next) return;
    for (let n = 1; n <= flight; n++) {
      const share = n / (flight + 1);
      // What cannot change little by little changes half way.
      const { style } = share < 0.5 ? key : next;
      const camera = between(key.camera, next.camera, eased(share));
      yield { camera, style: mixed(key.style, next.style, style, share), title: "" };
    }
  }
}

/** What can change little by little does. */
function mixed(from: Style, to: Style, style: Style, share: number): Style {
  const mix = (a: number, b: number) => a + (b - a) * share;
  const window =
    from.window && to.window
      ? ([mix(from.window[0], to.window[0]), mix(from.window[1], to.window[1])] as const)
      : style.window;
  return {
    ...style,
    opacity: mix(from.opacity, to.opacity),
    gamma: mix(from.gamma, to.gamma),
    window,
  };
}

/** The places of a story that are in the data shown now; the others are in another film. */
export function keysOf(
  steps: readonly Pick<WishedStep, "title" | "wish">[],
  data: Data,
  camera: Camera,
): KeyFrame[] {
  return steps
    .filter(({ wish }) =>
      Object.entries(wish.data).every(([name, id]) => !id || data[name as keyof Data] === id),
    )
    .map(({ title, wish }) => ({
      title,
      camera: { ...camera, ...wish.camera },
      style: { ...STYLE, ...wish.style },
    }));
}
