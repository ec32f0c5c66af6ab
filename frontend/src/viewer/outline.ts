/**
 * Lines between regions, one screen pixel wide at any zoom.
 *
 * Neuroglancer fills regions and knows no outline, and no opacity where nothing lies beneath. Here its segmentation layer is drawn aside, into
 * a buffer of colours and a buffer of labels, and a second pass lays on the picture those pixels
 * whose neighbour at the right or below has another label, and the filling as strongly as asked.
 * Whole panels are compared, not chunks, so no line is lost at the edge of a chunk.
 */

import { SegmentationRenderLayer } from "neuroglancer/unstable/sliceview/volume/segmentation_renderlayer.js";
import {
  DepthTextureBuffer,
  FramebufferConfiguration,
  makeTextureBuffers,
  OffscreenCopyHelper,
  type TextureBuffer,
} from "neuroglancer/unstable/webgl/offscreen.js";
import type { ShaderBuilder } from "neuroglancer/unstable/webgl/shader.js";

/** How strongly the second pass draws, from 0 to 1. */
export interface Outline {
  readonly fill: number;
  /** `null` draws no lines. */
  readonly line: number | null;
}

/** What we use of the engine's records, whose own types are not published whole. */
interface SliceView {
  readonly gl: WebGL2RenderingContext;
  readonly offscreenFramebuffer: Buffers;
  registerDisposer<T>(value: T): T;
}

type Buffers = FramebufferConfiguration<TextureBuffer, DepthTextureBuffer>;

interface RenderContext {
  readonly sliceView: SliceView;
  readonly wireFrame: boolean;
  readonly projectionParameters: { readonly width: number; readonly height: number };
}

const LABEL_OUTPUT = `
{
  uint64_t outlineLabel = getMappedObjectId(getUint64DataValue());
  uint h = outlineLabel.value[0] ^ (outlineLabel.value[1] * 2654435769u);
  out_outlineLabel = vec4(
    float(h & 255u), float((h >> 8) & 255u), float((h >> 16) & 255u), float(h >> 24)) / 255.0;
}
`;

const COMPOSE = `
ivec2 size = textureSize(uSampler[0], 0);
ivec2 at = ivec2(gl_FragCoord.xy);
ivec2 right = min(at + ivec2(1, 0), size - 1);
ivec2 below = max(at - ivec2(0, 1), ivec2(0));
vec4 label = texelFetch(uSampler[1], at, 0);
vec4 own = texelFetch(uSampler[0], at, 0);
vec4 line = vec4(0.0);
if (uLine >= 0.0) {
  if (label != texelFetch(uSampler[1], right, 0)) {
    vec4 other = texelFetch(uSampler[0], right, 0);
    line = own.a >= other.a ? own : other;
  }
  if (label != texelFetch(uSampler[1], below, 0)) {
    vec4 other = texelFetch(uSampler[0], below, 0);
    vec4 strongest = own.a >= other.a ? own : other;
    if (strongest.a > line.a) line = strongest;
  }
}
vec4 drawn = line.a > 0.0 ? vec4(line.rgb, line.a * uLine) : vec4(own.rgb, own.a * uFill);
// With no image beneath, the engine blends nothing: mix with the black ground here.
v4f_fragColor = uAlone ? vec4(drawn.rgb * drawn.a, drawn.a > 0.0 ? 1.0 : 0.0) : drawn;
`;

function composeShader(builder: ShaderBuilder): void {
  builder.addOutputBuffer("vec4", "v4f_fragColor", null);
  builder.addUniform("highp float", "uFill");
  builder.addUniform("highp float", "uLine");
  builder.addUniform("bool", "uAlone");
  builder.setFragmentMain(COMPOSE);
}

let outline: Outline = { fill: 1, line: null };
const buffersOf = new WeakMap<SliceView, Buffers>();
const composerOf = new WeakMap<WebGL2RenderingContext, OffscreenCopyHelper>();

/** Choose how the regions of every panel are drawn from the next frame on. */
export function setOutline(next: Outline): void {
  outline = next;
}

function buffers(sliceView: SliceView): Buffers {
  let found = buffersOf.get(sliceView);
  if (!found) {
    const { gl } = sliceView;
    found = sliceView.registerDisposer(
      new FramebufferConfiguration(gl as never, {
        colorBuffers: makeTextureBuffers(gl as never, 2),
        depthBuffer: new DepthTextureBuffer(gl as never),
      }),
    );
    buffersOf.set(sliceView, found);
  }
  return found;
}

function composer(gl: WebGL2RenderingContext): OffscreenCopyHelper {
  let found = composerOf.get(gl);
  if (!found) {
    found = OffscreenCopyHelper.get(gl as never, composeShader, 2);
    composerOf.set(gl, found);
  }
  return found;
}

let installed = false;

/** Teach the engine's segmentation layer to draw outlines: once, however many engines there are. */
export function installOutline(): void {
  if (installed) return;
  installed = true;
  const layer = SegmentationRenderLayer.prototype as unknown as {
    defineShader(builder: ShaderBuilder, parameters: unknown): void;
    draw(context: RenderContext): void;
  };
  const { defineShader, draw } = layer;

  layer.defineShader = function (builder, parameters) {
    // The engine's own buffer has one colour only: there this output goes nowhere.
    builder.addOutputBuffer("vec4", "out_outlineLabel", 1);
    const { setFragmentMain } = builder;
    builder.setFragmentMain = (code) => setFragmentMain.call(builder, LABEL_OUTPUT + code);
    defineShader.call(this, builder, parameters);
    builder.setFragmentMain = setFragmentMain;
  };

  layer.draw = function (context) {
    if (context.wireFrame) {
      draw.call(this, context);
      return;
    }
    const { sliceView, projectionParameters } = context;
    const { width, height } = projectionParameters;
    const { gl } = sliceView;
    const aside = buffers(sliceView);
    const blends = gl.isEnabled(gl.BLEND);

    gl.disable(gl.BLEND);
    aside.bind(width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clearDepth(1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    draw.call(this, context);

    sliceView.offscreenFramebuffer.bind(width, height);
    gl.disable(gl.DEPTH_TEST);
    if (blends) gl.enable(gl.BLEND);
    const compose = composer(gl);
    compose.shader.bind();
    gl.uniform1f(compose.shader.uniform("uFill"), outline.fill);
    gl.uniform1f(compose.shader.uniform("uLine"), outline.line ?? -1);
    gl.uniform1i(compose.shader.uniform("uAlone"), blends ? 0 : 1);
    compose.draw(...aside.colorBuffers.map(({ texture }) => texture));
  };
}
