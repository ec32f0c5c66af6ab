/**
 * The first of the page to run, and small: it shows the server's pictures of what the address names,
 * while the rooms around the map, and then the engine, are still on their way.
 */

import "./style.css";
import "./menu.css";
import "./planes.css";
import "./views.css";
import "./regions.css";
import "./spaces.css";
import "./marks.css";
import { viewAhead } from "./ahead";
import { Api } from "./api";
import { fetchArrays, fetchEngine, fetchRooms } from "./filesahead";
import { fitting, Library } from "./library";
import { parseHash } from "./link";
import { picturesOf } from "./pictures";
import { placeOf } from "./place";
import { kept, readPreferences } from "./preferences";
import type { Style } from "./state";
import { h } from "./ui/dom";
import { Preview } from "./ui/preview";
import { isFlat, maySee3d } from "./webgl";

/** The rooms are not kept waiting for the pictures for longer, in ms. */
const LONGEST = 1500;

const root = document.getElementById("app");
if (!root) throw new Error("index.html lacks #app");
const { theme } = readPreferences(location.search, kept());
if (theme !== "auto") document.documentElement.dataset.theme = theme;
const place = placeOf(location.href);
const api = new Api(place.base);
const library = new Library(api);
const preview = new Preview();

/** The page's own place for the map; another page's frame leaves out what it likes. */
function layMap(parent: HTMLElement): HTMLElement {
  const map = h("div", { class: "map" }, preview.element);
  const drawer = window.innerWidth >= 700 && h("aside", { class: "drawer" });
  parent.replaceChildren(
    h("div", { class: "toolbar" }),
    h("div", { class: "body" }, drawer, h("div", { class: "stage" }, map)),
    h("div", { class: "status" }),
  );
  return map;
}

/** Does a style name regions, a side or a channel, which the data may lack? */
function namesParts({ selected, hidden, colors, side, channel }: Style): boolean {
  const regions = selected.length + hidden.length + Object.keys(colors).length;
  return regions > 0 || side !== null || channel !== null;
}

/** Send for the pictures of what the address names; a short link's view is not known here. */
async function showFirst(parent: HTMLElement): Promise<void> {
  const { signal } = new AbortController();
  const reading = library.readAhead(signal);
  if (place.view !== null || /\/embed\/$/.test(location.pathname)) return;
  const { clientWidth: width, clientHeight: height } = layMap(parent);
  await reading;
  const resolve = (path: string) => api.resolve(path);
  const { view, scene } = viewAhead(library, parseHash(location.hash).wish, { width, height });
  const loading = library.load(view.data, signal);
  loading.catch(() => {});
  // What the data lack the server would refuse: the links that name any such thing wait for them.
  const style = namesParts(view.style) ? fitting(view.style, await loading) : view.style;
  preview.show(picturesOf({ ...view, style }, scene, { width, height }, resolve));
  await preview.settled();
  fetchRooms();
  if (maySee3d()) {
    void fetchEngine();
    fetchArrays(scene, resolve);
  }
  // Two frames later they are on the screen; whatever else runs would keep them from it.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}

const late = new Promise((resolve) => setTimeout(resolve, LONGEST));
// What fails here is asked for again by the rooms, and told there.
await Promise.race([showFirst(root).catch(() => {}), late]);
const { open } = await import("./main");
open({ root, place, library, preview, flat: isFlat(location.search) });
