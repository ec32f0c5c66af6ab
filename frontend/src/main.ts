/** The page once its first pixels are sent for: opens the rooms around them. */

import { App } from "./app";
import { Bridge } from "./embed/bridge";
import { type Frame, frameOf } from "./embed/frame";
import type { Library } from "./library";
import type { Place } from "./place";
import { h } from "./ui/dom";
import type { Preview } from "./ui/preview";
import { t } from "./words";

declare global {
  interface Window {
    /** For tests, and for the curious. */
    atlasview?: {
      drawn(patience?: number): Promise<void>;
      state(): ReturnType<App["state"]>;
      picture(): string;
    };
  }
}

/** Leave out what a frame does not want, and let the page around it know of what happens. */
function enframe(app: App, root: HTMLElement, place: Place, { parts, origin }: Frame): void {
  root.dataset.parts = [...parts].join(" ");
  app.session.address.framed = true;
  app.beholders.push(new Bridge(app.session, app.selection, origin));
  if (!parts.has("toolbar")) app.openDrawer(parts.has("tree") || parts.has("search"));
  const whole = h(
    "a",
    {
      class: "leave-frame",
      href: place.base.href,
      target: "_blank",
      rel: "noopener",
      onclick: () => {
        whole.href = place.base.href + app.state().hash;
      },
    },
    t("Open in AtlasView"),
  );
  root.querySelector(".stage")?.append(whole);
}

/** What the first of the page has made already. */
export interface Begun {
  readonly root: HTMLElement;
  readonly place: Place;
  readonly library: Library;
  readonly preview: Preview;
  readonly flat: boolean;
}

export function open({ root, place, library, preview, flat }: Begun): void {
  const frame = frameOf(location.href);
  const app = new App(root, place, library, preview, flat);
  window.atlasview = {
    drawn: (patience) => app.drawn(patience),
    state: () => app.state(),
    picture: () => app.picture(),
  };
  if (frame) enframe(app, root, place, frame);
  if (flat && new URLSearchParams(location.search).get("viewer") !== "2d") app.tellFlat();
  void app.start();
}
