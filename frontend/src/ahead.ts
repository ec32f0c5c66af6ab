/** What the address shows, as far as it can be told before the page's rooms are there; pure. */

import type { Library } from "./library";
import { homeCamera, type Scene } from "./scene";
import { canonical, STYLE, type View, type Wish } from "./state";

/** The view that is wished for; what of it only the regions could tell stays as it was wished. */
export function viewAhead(
  library: Pick<Library, "resolve" | "sceneOf">,
  wish: Wish,
  map: { readonly width: number; readonly height: number },
): { view: View; scene: Scene } {
  const data = library.resolve(wish.data, []);
  const scene = library.sceneOf(data);
  const style = { ...STYLE, ...wish.style };
  const camera = canonical({ ...homeCamera(scene, style.layout, map), ...wish.camera });
  return { view: { data, camera, style }, scene };
}
