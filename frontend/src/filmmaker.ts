/** Makes a WebM film of pictures, one after the other, with the codecs that the browser has. */

import { BufferTarget, CanvasSource, canEncodeVideo, Output, WebMOutputFormat } from "mediabunny";
import { t } from "./words";

/** Bits a pixel of each picture: enough for fine grey structure. */
const BITS = 0.25;
const CODECS = ["vp9", "vp8"] as const;

export interface Shooting {
  readonly width: number;
  readonly height: number;
  readonly perSecond: number;
  readonly count: number;
  readonly signal: AbortSignal;
  /** Draw the next picture. */
  draw(pen: CanvasRenderingContext2D): Promise<void>;
  onProgress(done: number, count: number): void;
}

/** Why this browser can make no film, in words; `null` when it can. */
export function whyNot(): string | null {
  if (typeof VideoEncoder !== "undefined") return null;
  return window.isSecureContext
    ? t("This browser cannot make films. Chrome, Edge, Firefox and Safari of this year can.")
    : t("Browsers make films only on pages that come by https, or from this very computer.");
}

/** Make a film; `null` when it was called off. */
export async function shoot(shooting: Shooting): Promise<Blob | null> {
  const { perSecond, count, signal } = shooting;
  // Its colours lie on every second pixel.
  const [width, height] = [even(shooting.width), even(shooting.height)];
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d");
  const bitrate = Math.round(width * height * perSecond * BITS);
  const able = await Promise.all(
    CODECS.map((codec) => canEncodeVideo(codec, { width, height, bitrate })),
  );
  const codec = CODECS.find((_, i) => able[i]);
  if (!codec || !pen) throw new Error(t("This browser has no encoder for a film of this size."));
  const source = new CanvasSource(canvas, { codec, bitrate });
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  output.addVideoTrack(source, { frameRate: perSecond });
  await output.start();
  try {
    for (let i = 0; i < count; i++) {
      if (signal.aborted) break;
      await shooting.draw(pen);
      await source.add(i / perSecond, 1 / perSecond);
      shooting.onProgress(i + 1, count);
    }
  } catch (error) {
    await output.cancel();
    if (signal.aborted) return null;
    throw error;
  }
  if (signal.aborted) {
    await output.cancel();
    return null;
  }
  await output.finalize();
  return target.buffer && new Blob([target.buffer], { type: "video/webm" });
}

function even(size: number): number {
  return Math.max(2, 2 * Math.floor(size / 2));
}
