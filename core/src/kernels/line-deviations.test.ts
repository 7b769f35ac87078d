import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineDeviations } from "./line-deviations.ts";
import { type LineComparison, lineDeviationsReference, totalOf } from "./line-deviations-reference.ts";
import { someParts } from "./testing/rows.ts";

const either = ["rows", "columns"] as const satisfies LineComparison["lines"][];

test("agrees with the plain reference to the last bit, whatever the size, the part and the pixels", () => {
  fc.assert(
    fc.property(someParts, fc.constantFrom(...either), ({ rows, part }, lines) => {
      const total = totalOf(rows, { part, lines });
      const comparison = { part, lines, total };
      assert.deepEqual(lineDeviations(rows, comparison), lineDeviationsReference(rows, comparison));
    }),
    { numRuns: 300, seed: 2026 },
  );
});

test("agrees on black and white lines of the longest side, whose sums are the largest", () => {
  const side = 131_072;
  for (const lines of either) {
    const [width, height] = lines === "rows" ? [side, 3] : [3, side];
    for (const channels of [1, 3] as const) {
      const data = new Uint8Array(width * height * channels).fill(255);
      // White, half white, and all black but the last pixel.
      data.fill(0, (side * channels * 3) / 2, -1);
      const part = { left: 0, top: 0, width, height };
      for (const total of [0, 65_280 * side, totalOf({ data, width, height, channels }, { part, lines })]) {
        const comparison = { part, lines, total };
        assert.deepEqual(
          lineDeviations({ data, width, height, channels }, comparison),
          lineDeviationsReference({ data, width, height, channels }, comparison),
        );
      }
    }
  }
});
