import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { descriptorDistances, kernelSteps } from "./features.ts";
import { referenceSteps } from "./features-reference.ts";
import type { FeatureSteps } from "./features-steps.ts";
import type { SampledRows } from "./pdq-reference.ts";
import { popcount } from "./popcount.ts";

const tables = {
  orbits: Int32Array.from({ length: 128 }, (_, i) => (i * 37) % 128),
  projections: Int8Array.from({ length: 256 * 32 }, (_, i) => ((i * 7919) % 255) - 127),
};
const kernel = kernelSteps(tables);
const reference = referenceSteps(tables);

const side = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(63, 64, 65, 127, 200),
  fc.integer({ min: 41, max: 150 }),
);

/** Noise, runs of few values as in drawings, or steps as of an enlarged thumbnail; any size. */
const somePicture: fc.Arbitrary<SampledRows> = fc
  .record({
    width: side,
    height: side,
    channels: fc.constantFrom(1, 3),
    seed: fc.integer(),
    values: fc.constantFrom(2, 5, 256),
    run: fc.constantFrom(1, 3, 9),
  })
  .map(({ width, height, channels, seed, values, run }) => {
    const step = Math.floor(255 / (values - 1));
    const valueAt = (x: number, y: number, channel: number): number => {
      const cell = Math.floor(x / run) + 1000 * Math.floor(y / run) + 1e6 * channel;
      return ((Math.imul(cell + seed, 0x9e3779b1) >>> 9) % values) * step;
    };
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
      const pixel = Math.floor(i / channels);
      return valueAt(pixel % width, Math.floor(pixel / width), i % channels);
    });
    return { width, height, data, channels: channels as 1 | 3 };
  });

test("finds, turns and describes as the plain reference does, to the last bit, whatever the picture", () => {
  fc.assert(
    fc.property(
      somePicture,
      fc.integer({ min: 32, max: 160 }),
      fc.integer({ min: 32, max: 160 }),
      (picture, width, height) => {
        const size = { width, height, floor: 400 };
        assert.deepEqual(everything(kernel, picture, size), everything(reference, picture, size));
      },
    ),
    { numRuns: 60, seed: 2004 },
  );
});

test("finds nothing in flat pictures", () => {
  for (const value of [0, 77, 255]) {
    kernel.open({ width: 90, height: 70, channels: 1, data: new Uint8Array(6300).fill(value) });
    assert.deepEqual(kernel.squeeze(2, 3), new Uint8Array(6).fill(value));
    assert.deepEqual(kernel.detect({ width: 512, height: 398, floor: 1 }), []);
  }
});

test("counts differing bits of descriptors as a plain count does", () => {
  const words = fc
    .uint32Array({ minLength: 8, maxLength: 8 * 9 })
    .map((list) => list.subarray(0, list.length - (list.length % 8)));
  fc.assert(
    fc.property(words, words, (a, b) => {
      const expected: number[] = [];
      for (let i = 0; i < a.length; i += 8)
        for (let j = 0; j < b.length; j += 8) {
          let bits = 0;
          for (let w = 0; w < 8; w++) bits += popcount((a[i + w] as number) ^ (b[j + w] as number));
          expected.push(bits);
        }
      assert.deepEqual([...descriptorDistances(a, b)], expected);
    }),
    { seed: 2004 },
  );
});

function everything(
  steps: FeatureSteps,
  picture: SampledRows,
  size: { width: number; height: number; floor: number },
): unknown {
  steps.open(picture);
  const squeezed = steps.squeeze(size.height, 64);
  const blobs = steps.detect(size);
  const described = blobs.slice(0, 40).map((blob) => {
    const facings = steps.face(blob);
    return { facings, dots: facings.map((facing) => [...steps.describe(blob, { facing, step: 1.1 })]) };
  });
  return { squeezed, blobs, described };
}
