import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { descriptorDistances, kernelSteps } from "./features.ts";
import { referenceSteps } from "./features-reference.ts";
import type { FeatureSteps, GreySamples } from "./features-steps.ts";
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
const someGrey: fc.Arbitrary<GreySamples> = fc
  .record({
    width: side,
    height: side,
    seed: fc.integer(),
    values: fc.constantFrom(2, 5, 256),
    run: fc.constantFrom(1, 3, 9),
  })
  .map(({ width, height, seed, values, run }) => {
    const step = Math.floor(255 / (values - 1));
    const data = Int16Array.from({ length: width * height }, (_, i) => {
      const cell = Math.floor((i % width) / run) + 1000 * Math.floor(i / width / run);
      return ((Math.imul(cell + seed, 0x9e3779b1) >>> 9) % values) * step * 128;
    });
    return { width, height, data };
  });

test("finds, turns and describes as the plain reference does, to the last bit, whatever the picture", () => {
  fc.assert(
    fc.property(
      someGrey,
      fc.integer({ min: 32, max: 160 }),
      fc.integer({ min: 32, max: 160 }),
      (grey, width, height) => {
        const size = { width, height, floor: 400 };
        assert.deepEqual(everything(kernel, grey, size), everything(reference, grey, size));
      },
    ),
    { numRuns: 60, seed: 2004 },
  );
});

test("finds nothing in flat pictures", () => {
  for (const value of [0, 77, 255]) {
    const flat = { width: 90, height: 70, data: new Int16Array(6300).fill(value << 7) };
    assert.deepEqual(kernel.detect(flat, { width: 512, height: 398, floor: 1 }), []);
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
  grey: GreySamples,
  size: { width: number; height: number; floor: number },
): unknown {
  const blobs = steps.detect(grey, size);
  const described = blobs.slice(0, 40).map((blob) => {
    const facings = steps.face(blob);
    return { facings, dots: facings.map((facing) => [...steps.describe(blob, { facing, step: 1.1 })]) };
  });
  return { blobs, described };
}
