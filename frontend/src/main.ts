import "./style.css";
import "./views.css";
import { App } from "./app";
import { placeOf } from "./place";
import { h } from "./ui/dom";

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

const root = document.getElementById("app");
if (!root) throw new Error("index.html lacks #app");
if (canDraw()) {
  const app = new App(root, placeOf(location.href));
  window.atlasview = {
    drawn: (patience) => app.drawn(patience),
    state: () => app.state(),
    picture: () => app.picture(),
  };
  void app.start();
} else {
  root.replaceChildren(
    h(
      "main",
      { class: "cannot" },
      h("h1", {}, "AtlasView cannot draw here"),
      h(
        "p",
        {},
        "It needs WebGL2 with floating-point buffers, and this browser does not offer them. " +
          "Use a current Chrome, Edge, Firefox or Safari, and see that hardware acceleration is " +
          "switched on in its settings.",
      ),
    ),
  );
}
