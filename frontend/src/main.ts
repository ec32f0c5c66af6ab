import "./style.css";
import "./menu.css";
import "./planes.css";
import "./views.css";
import "./regions.css";
import "./spaces.css";
import "./marks.css";
import { App } from "./app";
import { Bridge } from "./embed/bridge";
import { type Frame, frameOf } from "./embed/frame";
import { placeOf } from "./place";
import { kept, readPreferences } from "./preferences";
import { h } from "./ui/dom";
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

function canDraw(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  return gl?.getExtension("EXT_color_buffer_float") != null;
}

/** Leave out what a frame does not want, and let the page around it know of what happens. */
function enframe(app: App, root: HTMLElement, { parts, origin }: Frame): void {
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

const root = document.getElementById("app");
if (!root) throw new Error("index.html lacks #app");
const { theme } = readPreferences(location.search, kept());
if (theme !== "auto") document.documentElement.dataset.theme = theme;
const frame = frameOf(location.href);
const place = placeOf(location.href);
const asked = new URLSearchParams(location.search).get("viewer");
const flat = asked === "2d" || (asked !== "3d" && !canDraw());
const app = new App(root, place, flat);
window.atlasview = {
  drawn: (patience) => app.drawn(patience),
  state: () => app.state(),
  picture: () => app.picture(),
};
if (frame) enframe(app, root, frame);
if (flat && asked !== "2d") app.tellFlat();
void app.start();
