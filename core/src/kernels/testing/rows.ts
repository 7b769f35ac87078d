import fc from "fast-check";
import type { SampledRows } from "../pdq-reference.ts";

/** Any size from a least side on, any bytes: noise, or runs of few values as in drawings. */
export function someRows({ sideMin }: { readonly sideMin: number }): fc.Arbitrary<SampledRows> {
  const side = fc.oneof(
    fc.integer({ min: sideMin, max: 40 }),
    fc.constantFrom(63, 64, 65, 127, 128, 129, 255, 257),
    fc.integer({ min: sideMin, max: 400 }),
  );
  return fc
    .record({
      width: side,
      height: side,
      channels: fc.constantFrom(1 as const, 3 as const),
      seed: fc.integer(),
      values: fc.constantFrom(2, 3, 256),
    })
    .map(({ width, height, channels, seed, values }) => {
      const random = xorshift(seed);
      const step = 255 / (values - 1);
      const data = Uint8Array.from({ length: width * height * channels }, () => (random() % values) * step);
      return { data, width, height, channels };
    });
}

function xorshift(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
