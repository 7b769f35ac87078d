import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pdqKernelBytes, pdqSpectrum } from "./pdq.ts";
import { pdqSpectrumReference, type SampledRows } from "./pdq-reference.ts";

const side = fc.oneof(
  fc.integer({ min: 5, max: 40 }),
  fc.constantFrom(63, 64, 65, 127, 128, 129, 255, 257),
  fc.nat(400),
);

/** Any size, any bytes: noise, or runs of few values as in drawings. */
const someRows: fc.Arbitrary<SampledRows> = fc
  .record({
    width: side,
    height: side,
    channels: fc.constantFrom(1 as const, 3 as const),
    seed: fc.integer(),
    values: fc.constantFrom(2, 3, 256),
  })
  .map(({ width, height, channels, seed, values }) => {
    const size = { width: Math.max(5, width), height: Math.max(5, height), channels };
    const random = xorshift(seed);
    const step = 255 / (values - 1);
    const data = Uint8Array.from({ length: size.width * size.height * channels }, () => (random() % values) * step);
    return { data, ...size };
  });

test("agrees with the plain reference to the last bit, whatever the size and the pixels", () => {
  fc.assert(
    fc.property(someRows, (rows) => {
      assert.deepEqual(pdqSpectrum(rows), pdqSpectrumReference(rows));
    }),
    { numRuns: 150, seed: 2019 },
  );
});

test("agrees on all white, all black and single bright pixels", () => {
  const size = { width: 131, height: 70, channels: 3 as const };
  for (const value of [0, 1, 255]) {
    const data = new Uint8Array(size.width * size.height * 3).fill(value);
    assert.deepEqual(pdqSpectrum({ data, ...size }), pdqSpectrumReference({ data, ...size }));
    data[size.width * 3 * 35 + 200] = 255 - value;
    assert.deepEqual(pdqSpectrum({ data, ...size }), pdqSpectrumReference({ data, ...size }));
  }
});

test("passes 12 megapixels through 3 MB of memory, and takes no more for any number of smaller pictures", () => {
  const large = { data: new Uint8Array(4000 * 3000 * 3), width: 4000, height: 3000, channels: 3 as const };
  assert.equal(pdqSpectrum(large).quality, 0);
  const held = pdqKernelBytes();
  assert.ok(held < 3 * 2 ** 20, `${held} bytes`);
  for (let width = 5; width < 300; width++) {
    pdqSpectrum({ data: new Uint8Array(width * 200 * 3), width, height: 200, channels: 3 });
  }
  assert.equal(pdqKernelBytes(), held);
});

test("refuses a side above 2^24 pixels", () => {
  assert.throws(() => pdqSpectrum({ data: new Uint8Array(0), width: 2 ** 24 + 1, height: 5, channels: 1 }), RangeError);
});

function xorshift(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
