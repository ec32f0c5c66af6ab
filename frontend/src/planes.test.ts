import { describe, expect, test } from "vitest";
import { type Quat, sameTurn, UPRIGHT, type Vec3 } from "./geometry";
import { axesOf, orientationOf } from "./panels";
import {
  anglesOf,
  layAcross,
  layAlong,
  layThrough,
  parseLine,
  spun,
  trackOf,
  turnFrom,
} from "./planes";

type Matrix = readonly (readonly number[])[];

// The witness: matrices, written down from the textbook, and no quaternion.
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => [0, 1, 2].map((j) => row.reduce((sum, v, k) => sum + v * (b[k]?.[j] ?? 0), 0)));
const apply = (m: Matrix, v: Vec3) =>
  m.map((row) => row.reduce((s, x, i) => s + x * (v[i] ?? 0), 0));
const rad = (degrees: number) => (degrees * Math.PI) / 180;
const aboutX = (d: number): Matrix => [
  [1, 0, 0],
  [0, Math.cos(rad(d)), -Math.sin(rad(d))],
  [0, Math.sin(rad(d)), Math.cos(rad(d))],
];
const aboutY = (d: number): Matrix => [
  [Math.cos(rad(d)), 0, Math.sin(rad(d))],
  [0, 1, 0],
  [-Math.sin(rad(d)), 0, Math.cos(rad(d))],
];
const aboutZ = (d: number): Matrix => [
  [Math.cos(rad(d)), -Math.sin(rad(d)), 0],
  [Math.sin(rad(d)), Math.cos(rad(d)), 0],
  [0, 0, 1],
];

const close = (v: readonly number[]) => v.map((x) => expect.closeTo(x, 9));
const minus = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vec3, b: Vec3) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
const length = (a: Vec3) => Math.sqrt(dot(a, a));

/** What lies to the right of, below and behind a laid plane's own panel. */
const axes = (laid: { plane: "horizontal" | "coronal" | "sagittal"; turn: Quat }) =>
  axesOf(orientationOf(laid.plane, laid.turn));

describe("angles", () => {
  const given = { nod: 20, lean: -35, turn: 50 };

  test("turn the body's axes as matrices do: nod, then lean, then turn", () => {
    const m = product(aboutZ(50), product(aboutY(-35), aboutX(20)));
    const { right, down } = axesOf(orientationOf("horizontal", turnFrom(given)));
    expect(right).toEqual(close(apply(m, [1, 0, 0])));
    expect(down).toEqual(close(apply(m, [0, -1, 0])));
  });

  test("are read back from the turn they made", () => {
    const back = anglesOf(turnFrom(given));
    expect(back.nod).toBeCloseTo(20, 9);
    expect(back.lean).toBeCloseTo(-35, 9);
    expect(back.turn).toBeCloseTo(50, 9);
    const none = anglesOf(UPRIGHT);
    expect([none.nod, none.lean, none.turn]).toEqual(close([0, 0, 0]));
  });

  test("of a head that leans by a right angle make the same turn again", () => {
    for (const lean of [90, -90]) {
      const turn = turnFrom({ nod: 30, lean, turn: 70 });
      expect(sameTurn(turnFrom(anglesOf(turn)), turn)).toBe(true);
    }
  });
});

describe("a plane across a direction", () => {
  const directions: Vec3[] = [
    [0.2, 0.1, 0.97],
    [-0.2, -0.1, -0.97],
    [0.1, 0.9, -0.4],
    [-0.8, 0.3, 0.5],
    [1, 0, 0],
    [0, 0, -1],
    [1, 1, 1],
  ];
  test.each(directions)("(%d, %d, %d) is square to it, and left stays left", (x, y, z) => {
    const laid = layAcross([x, y, z], [1, 2, 3]);
    if (!laid) throw new Error("not laid");
    const { right, down, normal } = axes(laid);
    const d: Vec3 = [x / Math.hypot(x, y, z), y / Math.hypot(x, y, z), z / Math.hypot(x, y, z)];
    expect(Math.abs(dot(normal, d))).toBeCloseTo(1, 9);
    expect(dot(right, d)).toBeCloseTo(0, 9);
    // The panel is turned by less than a right angle from the upright one.
    const upright = axesOf(orientationOf(laid.plane, UPRIGHT));
    expect(dot(right, upright.right)).toBeGreaterThan(0);
    expect(dot(down, upright.down)).toBeGreaterThan(0);
  });

  test("of an upright plane is upright", () => {
    for (const plane of ["horizontal", "coronal", "sagittal"] as const) {
      const laid = layAcross(axesOf(orientationOf(plane, UPRIGHT)).normal, [0, 0, 0]);
      expect(laid?.plane).toBe(plane);
      expect(laid && sameTurn(laid.turn, UPRIGHT)).toBe(true);
    }
  });

  test("needs a direction", () => expect(layAcross([0, 0, 0], [0, 0, 0])).toBeNull());
});

describe("a plane through three points", () => {
  const [a, b, c]: Vec3[] = [
    [-60, 10, 70],
    [50, 30, 55],
    [-50, -20, -60],
  ] as unknown as [Vec3, Vec3, Vec3];

  test.each([true, false])("holds them all (as corners: %s)", (rows) => {
    const laid = layThrough(a as Vec3, b as Vec3, c as Vec3, rows);
    if (!laid) throw new Error("not laid");
    const { normal } = axes(laid);
    for (const point of [a, b, c]) {
      expect(dot(minus(point as Vec3, laid.at), normal)).toBeCloseTo(0, 8);
    }
  });

  test("as corners has the first two in a row, and the third below, as the server takes them", () => {
    const laid = layThrough(a as Vec3, b as Vec3, c as Vec3, true);
    if (!laid) throw new Error("not laid");
    const { right, down } = axes(laid);
    const wide = length(minus(b as Vec3, a as Vec3));
    expect(dot(minus(b as Vec3, a as Vec3), right)).toBeCloseTo(wide, 9);
    const high = dot(minus(c as Vec3, a as Vec3), down);
    expect(high).toBeGreaterThan(0);
    // The middle of the rectangle.
    expect(dot(minus(laid.at, a as Vec3), right)).toBeCloseTo(wide / 2, 9);
    expect(dot(minus(laid.at, a as Vec3), down)).toBeCloseTo(high / 2, 9);
  });

  test("needs three that are not on one line", () => {
    expect(layThrough([0, 0, 0], [1, 1, 1], [2, 2, 2], false)).toBeNull();
    expect(layThrough([0, 0, 0], [0, 0, 0], [2, 2, 2], true)).toBeNull();
  });
});

test("a plane that is spun stays where it is, and its picture turns", () => {
  const before = axesOf(orientationOf("coronal", UPRIGHT));
  const after = axesOf(orientationOf("coronal", spun(UPRIGHT, "coronal", 30)));
  expect(after.normal).toEqual(close(before.normal));
  expect(dot(after.right, before.right)).toBeCloseTo(Math.cos(rad(30)), 9);
});

describe("planes along a line", () => {
  // A helix, whose tangent is known.
  const [radius, pitch, count] = [20, 3, 400];
  const helix = (s: number): Vec3 => [
    radius * Math.cos(s),
    radius * Math.sin(s),
    (pitch * s * 10) / Math.PI,
  ];
  const line = Array.from({ length: count }, (_, i) => helix((i * 4 * Math.PI) / (count - 1)));

  test("are square to it, where it is, all along", () => {
    const track = trackOf(line);
    if (!track) throw new Error("no track");
    const total = track.along.at(-1) ?? 0;
    const speed = Math.hypot(radius, (pitch * 10) / Math.PI);
    expect(total).toBeCloseTo(speed * 4 * Math.PI, 0);
    for (const share of [0.1, 0.37, 0.5, 0.93]) {
      const laid = layAlong(track, total * share);
      const s = share * 4 * Math.PI;
      expect(length(minus(laid.at, helix(s)))).toBeLessThan(0.02);
      const tangent: Vec3 = [
        (-radius * Math.sin(s)) / speed,
        (radius * Math.cos(s)) / speed,
        (pitch * 10) / Math.PI / speed,
      ];
      expect(Math.abs(dot(axes(laid).normal, tangent))).toBeGreaterThan(0.9999);
    }
  });

  test("turn no more from one to the next than the line bends", () => {
    const track = trackOf(line);
    if (!track) throw new Error("no track");
    const step = (track.along.at(-1) ?? 0) / 200;
    for (let i = 1; i <= 200; i++) {
      const [one, two] = [axes(layAlong(track, (i - 1) * step)), axes(layAlong(track, i * step))];
      const bend = Math.acos(Math.min(1, dot(one.normal, two.normal)));
      const turn = Math.acos(Math.min(1, dot(one.right, two.right)));
      expect(turn).toBeLessThan(bend + 1e-6);
    }
  });

  test("of two points are across the line between them, from end to end", () => {
    const track = trackOf([
      [0, 0, 0],
      [0, 0, 0],
      [3, 4, 12],
    ]);
    if (!track) throw new Error("no track");
    expect(track.along).toEqual([0, 13]);
    for (const [mm, share] of [
      [-1, 0],
      [6.5, 0.5],
      [13, 1],
      [99, 1],
    ] as const) {
      const laid = layAlong(track, mm);
      expect(laid.at).toEqual(close([3 * share, 4 * share, 12 * share]));
      const { right, down } = axes(laid);
      expect([dot(right, [3, 4, 12]), dot(down, [3, 4, 12])]).toEqual(close([0, 0]));
    }
    expect(trackOf([[1, 2, 3]])).toBeNull();
  });
});

test("a line is read as people keep it", () => {
  const points = [
    [1, -2.5, 3],
    [4, 5, 6],
  ];
  expect(parseLine("1, −2.5, 3\n4 5 6\n")).toEqual(points);
  expect(parseLine("# streamline 7\n[1; -2.5; 3]\r\n(4; 5; 6)")).toEqual(points);
  expect(parseLine("id,x_mm,y_mm,z_mm,fa\n7,1,-2.5,3,0.4\n8,4,5,6,0.5")).toEqual(points);
  expect(parseLine("x y\n1 2\nnothing")).toEqual([]);
});
