import { expect, test } from "vitest";
import { UPRIGHT } from "./geometry";
import { type KeptPlane, KeptPlanes } from "./keptplanes";

class Drawer implements Pick<Storage, "getItem" | "setItem"> {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const plane = (name: string, space = "mni"): KeptPlane => ({
  name,
  space,
  at: [1, 2, 3],
  turn: UPRIGHT,
  zoom: 0.5,
  layout: "coronal",
});

test("planes are kept by name, each in its own space, and survive a reload", () => {
  const drawer = new Drawer() as unknown as Storage;
  const open = () => new KeptPlanes(new URL("http://host/lab/"), () => drawer);
  const planes = open();
  planes.keep(plane("needle"));
  planes.keep(plane("AC-PC"));
  planes.keep(plane("needle", "waxholm"));
  planes.keep({ ...plane("needle"), zoom: 2 });
  expect(open().in("mni")).toMatchObject([{ name: "AC-PC" }, { name: "needle", zoom: 2 }]);
  planes.forget(plane("needle"));
  expect(open().in("mni")).toMatchObject([{ name: "AC-PC" }]);
  expect(open().in("waxholm")).toHaveLength(1);
  expect(new KeptPlanes(new URL("http://host/"), () => drawer).in("mni")).toEqual([]);
});

test("what is not understood is left out, and a browser that keeps nothing is told of", () => {
  const drawer = new Drawer();
  drawer.setItem("atlasview:planes:/", JSON.stringify([{ name: "x" }, null, plane("good")]));
  const planes = new KeptPlanes(new URL("http://host/"), () => drawer as unknown as Storage);
  expect(planes.in("mni")).toMatchObject([{ name: "good" }]);
  const refused = new KeptPlanes(new URL("http://host/"), () => {
    throw new Error("denied");
  });
  refused.keep(plane("needle"));
  expect(refused.lasting).toBe(false);
  expect(refused.in("mni")).toHaveLength(1);
});
