import { constants, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { decode, sizeTold } from "./zstd";

/** Bytes that pack somewhat, the same each time. */
function chunk(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, (_, i) => {
    state = (state * 48271) % 2147483647;
    return (i >> 6) + (state & 3);
  });
}

const told = (bytes: Uint8Array) => {
  const params = { [constants.ZSTD_c_contentSizeFlag]: 1 };
  return new Uint8Array(zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length }));
};
const untold = (bytes: Uint8Array) =>
  new Uint8Array(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }));

test.each([1, 200, 255, 256, 300, 65_535, 65_792, 70_000, 1 << 18])(
  "%i bytes come back",
  async (n) => {
    const bytes = chunk(n);
    expect(sizeTold(told(bytes))).toBe(n);
    expect(await decode(told(bytes))).toEqual(bytes);
    expect(await decode(untold(bytes))).toEqual(bytes);
  },
);

test("what comes back lies alone in its buffer", async () => {
  const found = await decode(told(chunk(5000)));
  expect(found.buffer.byteLength).toBe(5000);
});

test("several frames are one", async () => {
  const bytes = chunk(100_000);
  const frames = [told(bytes.subarray(0, 30_000)), untold(bytes.subarray(30_000))];
  expect(await decode(new Uint8Array(Buffer.concat(frames)))).toEqual(bytes);
});

test("nothing comes of what is cut short or is something else", async () => {
  const packed = told(chunk(100_000));
  await expect(decode(packed.subarray(0, packed.length / 2))).rejects.toThrow();
  await expect(decode(untold(chunk(100_000)).subarray(0, 500))).rejects.toThrow();
  await expect(decode(new TextEncoder().encode("<html>not here</html>"))).rejects.toThrow(
    "not Zst",
  );
  const broken = packed.slice();
  broken.fill(0xff, 9, 60);
  await expect(decode(broken)).rejects.toThrow();
  await expect(decode(new Uint8Array())).rejects.toThrow();
});
