import { describe, expect, test } from "vitest";
import { countStills, type KeyFrame, keysOf, stillsOf } from "./film";
import { VIEW } from "./fixtures";
import { STYLE } from "./state";

const key = (title: string, x: number, zoom: number, style = {}): KeyFrame => ({
  title,
  camera: { ...VIEW.camera, at: [x, 0, 0], zoom },
  style: { ...STYLE, ...style },
});
const pace = { stay: 0.4, flight: 1, perSecond: 10 };

describe("the pictures of a film", () => {
  const keys = [
    key("one", 0, 1, { opacity: 0.2, layout: "coronal" }),
    key("two", 40, 1, { opacity: 0.8, layout: "sagittal" }),
  ];
  const stills = [...stillsOf(keys, pace)];

  test("are as many as it says", () => {
    expect(stills).toHaveLength(countStills(2, pace));
    expect(stills).toHaveLength(18);
    expect(countStills(0, pace)).toBe(0);
  });

  test("stay at the places, and fly between them without a jump", () => {
    expect(
      stills
        .map(({ title }) => title)
        .join(" ")
        .trim(),
    ).toMatch(/^one one one one\s+two two two two$/);
    const x = stills.map(({ camera }) => camera.at[0]);
    expect(x.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(x.slice(-4)).toEqual([40, 40, 40, 40]);
    const steps = x.slice(1).map((value, i) => value - (x[i] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...steps)).toBeLessThan(40 / 6);
  });

  test("change the panels half way, and the strength of the regions little by little", () => {
    const layouts = stills.map(({ style }) => style.layout);
    expect(layouts.indexOf("sagittal")).toBe(9);
    const opacity = stills.map(({ style }) => style.opacity);
    const most = Math.max(...opacity.slice(1).map((value, i) => value - (opacity[i] ?? 0)));
    expect(most).toBeLessThan(0.06);
  });
});

test("a story's steps are places, but for those in other data", () => {
  const { data, camera } = VIEW;
  const steps = [
    { title: "here", wish: { data, camera: { zoom: 2 }, style: { opacity: 1 } } },
    { title: "elsewhere", wish: { data: { ...data, atlas: "waxholm" }, camera: {}, style: {} } },
    { title: "nothing said", wish: { data: {}, camera: {}, style: {} } },
  ];
  const keys = keysOf(steps, data, camera);
  expect(keys.map(({ title }) => title)).toEqual(["here", "nothing said"]);
  expect(keys[0]).toMatchObject({
    camera: { ...camera, zoom: 2 },
    style: { ...STYLE, opacity: 1 },
  });
});
