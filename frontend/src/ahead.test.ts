import { expect, test } from "vitest";
import { viewAhead } from "./ahead";
import { LABELS, T1 } from "./fixtures";
import { parseHash } from "./link";
import { picturesOf } from "./pictures";

const data = { atlas: "a", template: T1.id, parcellation: "p", volume: null };
const library = {
  resolve: () => data,
  sceneOf: () => ({ image: T1, labels: LABELS, surfaces: true }),
};
const map = { width: 960, height: 716 };

test("the address is followed before the regions are known", () => {
  const { wish } = parseHash("#v=1&at=-26,6,10&zoom=0.5&layout=coronal&sel=301&op=0.2");
  const { view, scene } = viewAhead(library, wish, map);
  expect(view.camera.at).toEqual([-26, 6, 10]);
  expect(view.style.selected).toEqual(["301"]);
  const [picture, ...rest] = picturesOf(view, scene, map, (path) => `http://host/${path}`);
  expect(rest).toEqual([]);
  const asked = new URL(picture?.address ?? "").searchParams;
  expect(asked.get("center")).toBe("-26,6,10");
  expect(asked.get("regions")).toBe("301");
  expect([picture?.width, picture?.height]).toEqual([480, 358]);
});

test("without an address the whole of it is seen", () => {
  const { view, scene } = viewAhead(library, parseHash("").wish, map);
  expect(picturesOf(view, scene, map, (path) => `http://host/${path}`)).toHaveLength(3);
  expect(view.camera.zoom).toBeGreaterThan(0);
});
