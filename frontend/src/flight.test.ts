import { describe, expect, test } from "vitest";
import { VIEW } from "./fixtures";
import { between, eased } from "./flight";
import { sameTurn, turn, UPRIGHT } from "./geometry";
import type { Camera } from "./state";

const FROM: Camera = VIEW.camera;
const TO: Camera = {
  at: [20, -40, 10],
  zoom: 0.02,
  turn: turn([0, 0, 1], 90),
  zoom3d: 60,
  turn3d: turn([1, 0, 0], 30),
};

describe("a flight", () => {
  test("begins and ends exactly where it should", () => {
    expect(between(FROM, TO, 0)).toBe(FROM);
    expect(between(FROM, TO, 1)).toBe(TO);
    expect(between(FROM, TO, 2)).toBe(TO);
    expect([eased(-1), eased(0), eased(0.5), eased(1), eased(9)]).toEqual([0, 0, 0.5, 1, 1]);
  });

  test("zooms evenly, about one point that stays where it is on the screen", () => {
    const shares = [0.1, 0.35, 0.6, 0.9];
    const zooms = shares.map((s) => between(FROM, TO, s).zoom);
    zooms.forEach((zoom, i) => {
      expect(Math.log(zoom / FROM.zoom) / Math.log(TO.zoom / FROM.zoom)).toBeCloseTo(
        shares[i] ?? 0,
      );
    });
    // The fixed point along x: (p - at) / zoom is the same in both cameras, and on all the way.
    const fixed = (FROM.at[0] * TO.zoom - TO.at[0] * FROM.zoom) / (TO.zoom - FROM.zoom);
    const seen = [0, ...shares, 1].map((s) => {
      const { at, zoom } = between(FROM, TO, s);
      return (fixed - at[0]) / zoom;
    });
    for (const x of seen) expect(x).toBeCloseTo(seen[0] ?? Number.NaN, 6);
  });

  test("at one zoom goes straight", () => {
    const to = { ...FROM, at: [10, 6, 30] as const };
    expect(between(FROM, to, 0.5).at).toEqual([-8, 6, 15]);
  });

  test("turns evenly and by the shorter way, whichever sign a quaternion has", () => {
    const a = { ...FROM, turn: UPRIGHT };
    const [x, y, z, w] = turn([0, 0, 1], 90);
    const plain = between({ ...a, turn: [0, 0, 0, 1] }, { ...a, turn: [x, y, z, w] }, 0.5).turn;
    const negative = between({ ...a, turn: [0, 0, 0, 1] }, { ...a, turn: [-x, -y, -z, -w] }, 0.5);
    expect(sameTurn(plain, turn([0, 0, 1], 45))).toBe(true);
    expect(sameTurn(negative.turn, turn([0, 0, 1], 45))).toBe(true);
    expect(sameTurn(between(a, a, 0.4).turn, UPRIGHT)).toBe(true);
  });
});
