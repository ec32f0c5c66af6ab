/**
 * Zstandard for the engine, in the place of `numcodecs/zstd`: a decoder alone is a sixth of the size,
 * and the first chunk waits for it. What is no Zstandard, or cut short, is thrown.
 */

import { ZSTDDecoder } from "zstddec/stream";

const MAGIC = 0xfd2fb528;
/** More is decoded piece by piece, whatever a frame says of itself. */
const AT_ONCE = 1 << 28;

const decoder = new ZSTDDecoder();

/** How many bytes the first frame says it holds; `null` where it does not say. */
export function sizeTold(data: Uint8Array): number | null {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 6 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("These bytes are not Zstandard");
  }
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (single ? 0 : 1) + dictionary;
  const width = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (width === 0 || at + width > data.length) return null;
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

export async function decode(data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  await decoder.init();
  const size = sizeTold(data);
  if (size !== null && size > 0 && size <= AT_ONCE) {
    const whole = decoder.decode(data, size);
    if (whole.length === size) return own(whole);
  }
  return inPieces(data);
}

/** Decode several frames, or one that does not say how much it holds. */
function inPieces(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let idle = 0;
  for (const part of decoder.decodeStreaming([data])) {
    idle = part.length === 0 ? idle + 1 : 0;
    // The decoder itself would try for ever.
    if (idle > 4) throw new Error("This Zstandard is broken");
    parts.push(part);
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/** The engine gives the buffer away, so nothing else may lie in it. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}

/** As the engine asks for a codec. */
export default { fromConfig: () => ({ decode }) };
