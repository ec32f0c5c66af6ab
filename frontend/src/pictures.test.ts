import { describe, expect, test } from "vitest";
import { LABELS, T1, VIEW } from "./fixtures";
import { lookOf } from "./look";
import { layPanels } from "./panels";
import { addressOf } from "./pictures";
import { STYLE, type Style } from "./state";

const SCENE = { image: T1, labels: LABELS, surfaces: true };
const view = (style: Partial<Style>) => ({ ...VIEW, style: { ...STYLE, ...style } });
const [PANEL] = layPanels("horizontal", VIEW.camera.turn, { width: 640, height: 480 });

function query(style: Partial<Style>): Record<string, string> {
  const address = PANEL && addressOf(view(style), SCENE, PANEL);
  return Object.fromEntries(new URL(address ?? "", "http://host/").searchParams);
}

describe("the address of a panel's picture", () => {
  test("says every choice of the drawing", () => {
    expect(
      query({
        selected: ["37", "1010"],
        hidden: ["5"],
        side: "left",
        depth: 2,
        palette: "safe",
        colors: { "37": "#ff8800" },
        drawing: "both",
        opacity: 0.5,
      }),
    ).toEqual({
      center: "-26,6,0",
      orientation: "1,0,0,0",
      width: "640",
      height: "480",
      mm_per_pixel: "0.5",
      window: "0,229",
      labels: "dk",
      opacity: "0.5",
      outline: "both",
      regions: "37,1010",
      rest: "0.12",
      hide: "5",
      hemisphere: "left",
      depth: "2",
      palette: "safe",
      colors: "37:ff8800",
    });
  });

  test("leaves the rest out when the selected are isolated, and says no more than it must", () => {
    expect(query({ selected: ["37"], isolate: true })).not.toHaveProperty("rest");
    const plain = query({ drawing: "fill" });
    expect(Object.keys(plain).slice(-2)).toEqual(["labels", "opacity"]);
    expect(query({ regions: false })).not.toHaveProperty("labels");
  });

  test("says how the image is drawn: a channel through a colour map, or its own colours", () => {
    const two = { ...SCENE, image: { ...T1, channels: 2, dtype: "uint16" } };
    expect(query({ colormap: "viridis" })).toMatchObject({ window: "0,229", colormap: "viridis" });
    expect(query({})).not.toHaveProperty("colormap");
    expect(lookOf(view({}), two)?.query.channel).toBe("0");
    expect(lookOf(view({ channel: 1 }), two)?.query.channel).toBe("1");
    const rgb = { ...SCENE, image: { ...T1, channels: 3, dtype: "uint8" } };
    const own = lookOf(view({ colormap: "viridis", regions: false }), rgb)?.query;
    expect(own).toEqual({});
    expect(lookOf(view({ colormap: "viridis", channel: 2 }), rgb)?.query).toMatchObject({
      colormap: "viridis",
      channel: "2",
    });
  });

  test("is of the labels alone without the template, and there is none of the 3D panel", () => {
    const address = PANEL && addressOf(view({ template: false }), SCENE, PANEL);
    expect(address).toMatch(/^planes\/dk\.png\?.*opacity=0\.4&outline=both$/);
    const [solid] = layPanels("3d", VIEW.camera.turn, { width: 640, height: 480 });
    expect(solid && addressOf(VIEW, SCENE, solid)).toBeNull();
  });

  test("has lines, which the coarse pictures ahead of the engine have not", () => {
    expect(lookOf(view({ drawing: "both" }), SCENE)?.query).not.toHaveProperty("outline");
    expect(lookOf(view({ drawing: "outline" }), SCENE)?.query).not.toHaveProperty("labels");
    expect(lookOf(view({ drawing: "outline" }), SCENE, true)?.query.outline).toBe("1");
  });
});
