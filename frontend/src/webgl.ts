/** Can this browser draw what the engine draws? */

let known: boolean | null = null;

export function canDraw(): boolean {
  if (known === null) {
    const gl = document.createElement("canvas").getContext("webgl2");
    known = gl?.getExtension("EXT_color_buffer_float") != null;
    // Browsers allow few at once.
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return known;
}

/** May the engine be wanted? Told at once, where making a context takes its time. */
export function maySee3d(): boolean {
  return "WebGL2RenderingContext" in window && !/[?&]viewer=2d\b/.test(location.search);
}

/** Draw planes alone: because the address asks for it, or because there is no other way. */
export function isFlat(search: string): boolean {
  const asked = new URLSearchParams(search).get("viewer");
  return asked === "2d" || (asked !== "3d" && !canDraw());
}
