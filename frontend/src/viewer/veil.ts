/**
 * Surfaces behind the planes of the 3D panel shine through them.
 *
 * Neuroglancer draws planes opaque, after the surfaces. Here they are a veil where a surface lies
 * behind them, which then can be pointed at too, and opaque everywhere else.
 */

import { PerspectivePanel } from "neuroglancer/unstable/perspective_view/panel.js";

/** What we use of the engine's records, whose own types are not published whole. */
interface Panel3d {
  readonly gl: WebGL2RenderingContext;
  readonly offscreenFramebuffer: { readonly singleAttachmentList: readonly number[] };
}

interface RenderContext {
  bindFramebuffer(): void;
}

let veil = 1;

/** Choose how strongly planes veil surfaces from the next frame on; 1 hides them. */
export function setVeil(next: number): void {
  veil = next;
}

let installed = false;

/** Teach the engine's 3D panel to let surfaces shine through its planes: once for all engines. */
export function installVeil(): void {
  if (installed) return;
  installed = true;
  const panel = PerspectivePanel.prototype as unknown as {
    drawSliceViews(this: Panel3d, context: RenderContext): void;
  };
  const { drawSliceViews } = panel;
  panel.drawSliceViews = function (context) {
    if (veil >= 1) {
      drawSliceViews.call(this, context);
      return;
    }
    const { gl, offscreenFramebuffer } = this;
    // The engine has set 1 in the stencil wherever a surface is.
    gl.stencilOp(gl.KEEP, gl.KEEP, gl.KEEP);
    gl.stencilFunc(gl.EQUAL, 1, 1);
    gl.drawBuffers([...offscreenFramebuffer.singleAttachmentList]);
    gl.blendColor(0, 0, 0, veil);
    gl.blendFunc(gl.CONSTANT_ALPHA, gl.ONE_MINUS_CONSTANT_ALPHA);
    gl.depthMask(false);
    blending(gl, () => drawSliceViews.call(this, context));
    gl.depthMask(true);
    context.bindFramebuffer();

    gl.stencilFunc(gl.NOTEQUAL, 1, 1);
    drawSliceViews.call(this, context);

    // Only now, since planes hide one another by depth, they count as surfaces too.
    gl.drawBuffers([gl.NONE, gl.NONE, gl.NONE]);
    gl.depthFunc(gl.LEQUAL);
    gl.stencilFunc(gl.ALWAYS, 1, 1);
    gl.stencilOp(gl.KEEP, gl.KEEP, gl.REPLACE);
    drawSliceViews.call(this, context);
    gl.depthFunc(gl.LESS);
    context.bindFramebuffer();
  };
}

/** Blend while something is drawn that would switch blending off by itself. */
function blending(gl: WebGL2RenderingContext, draw: () => void): void {
  const { disable } = gl;
  gl.enable(gl.BLEND);
  gl.disable = (what) => {
    if (what !== gl.BLEND) disable.call(gl, what);
  };
  try {
    draw();
  } finally {
    gl.disable = disable;
    gl.disable(gl.BLEND);
  }
}
