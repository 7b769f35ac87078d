import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pdqKernelBytes, pdqSpectrum } from "./pdq.ts";
import { pdqSpectrumReference } from "./pdq-reference.ts";
import { someRows } from "./testing/rows.ts";

test("agrees with the plain reference to the last bit, whatever the size and the pixels", () => {
  fc.assert(
    fc.property(someRows({ sideMin: 5 }), (rows) => {
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
