import { describe, expect, test } from "vitest";
import { VIEW } from "./fixtures";
import { multiply, turn, UPRIGHT } from "./geometry";
import { formatHash, parseHash } from "./link";
import { canonical, STYLE, sameCamera, type View } from "./state";

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
        channel: 2,
        window: [-0.5, 228.25],
        gamma: 1.5,
        invert: true,
        colormap: "ff8800",
        template: false,
        regions: false,
        opacity: 0.75,
        drawing: "outline",
        crosshair: false,
        depth: 0,
        palette: "distinct",
        colors: { "37": "#ff8800", "a:b": "#000001" },
        hidden: ["5", "2010"],
        isolate: true,
        side: "right",
        names: true,
        solids: "none",
        shell: false,
        sections: false,
        compare: { volume: "t2", how: "beside", at: 0.5, window: [1, 9] },
        coordinates: "ac-pc",
        sets: [
          { set: "k3j", visible: false },
          { set: "b2", visible: true },
          { set: "c1", visible: true, coloring: "region" },
          { set: "d4", visible: false, coloring: "number:size", range: [0.5, 96], region: "1022" },
          { set: "e5", visible: true, region: "a:b, c" },
        ],
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

  test.each([
    "#",
    "",
    "#&&",
    "#%E0%A4%A",
    "#!{}",
    "#at",
    "#=&=",
    "#win=3,1",
    "#ch=-1",
    "#op=2",
    "#ol=9",
  ])("%s never throws", (hash) => {
    expect(parseHash(hash).wish.camera).toEqual({});
    expect(parseHash(hash).wish.style).toEqual({});
  });
});
