import fc from "fast-check";
import type { Rectangle } from "../centred-grid-reference.ts";
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

/** Any picture and any part of it, the whole one time in three. */
export const someParts: fc.Arbitrary<{ readonly rows: SampledRows; readonly part: Rectangle }> = fc
  .record({
    rows: someRows({ sideMin: 1 }),
    whole: fc.constantFrom(true, false, false),
    shares: fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999)),
  })
  .map(({ rows, whole, shares: [left, top, right, bottom] }) => {
    const across = whole ? { start: 0, length: rows.width } : between(rows.width, left, right);
    const down = whole ? { start: 0, length: rows.height } : between(rows.height, top, bottom);
    return { rows, part: { left: across.start, top: down.start, width: across.length, height: down.length } };
  });

/** A stretch of at least one pixel between two places, each in thousandths of the length. */
function between(length: number, a: number, b: number): { readonly start: number; readonly length: number } {
  const start = Math.trunc((Math.min(a, b) * length) / 1000);
  const end = Math.trunc((Math.max(a, b) * length) / 1000);
  return { start, length: end - start + 1 };
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
