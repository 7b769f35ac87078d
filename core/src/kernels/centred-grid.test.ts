import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { centredGrid, gridKernelBytes, tentGrid } from "./centred-grid.ts";
import { centredGridReference, type Rectangle, tentGridReference } from "./centred-grid-reference.ts";
import type { SampledRows } from "./pdq-reference.ts";
import { pdqTentsOver } from "./tents.ts";
import { someParts } from "./testing/rows.ts";

test("passes 12 megapixels through less than half a megabyte of memory, and takes no more for smaller pictures", () => {
  const large = { data: new Uint8Array(4000 * 3000 * 3), width: 4000, height: 3000, channels: 3 as const };
  centredGrid(large, wholeOf(large));
  const held = gridKernelBytes();
  assert.ok(held < 2 ** 19, `${held} bytes`);
  for (let width = 64; width < 300; width++) {
    const rows = drawRamp(width, 200);
    centredGrid(rows, wholeOf(rows));
  }
  assert.equal(gridKernelBytes(), held);
});

test("agrees with the plain reference to the last bit, whatever the size, the part and the pixels", () => {
  fc.assert(
    fc.property(someParts, ({ rows, part }) => {
      assert.deepEqual(centredGrid(rows, part), centredGridReference(rows, part));
    }),
    { numRuns: 300, seed: 2026 },
  );
});

test("agrees with the tents of PDQ too, however much the picture was shrunk or stretched", () => {
  fc.assert(
    fc.property(someParts, fc.integer({ min: 5, max: 20_000 }), ({ rows, part }, original) => {
      const tents = { across: pdqTentsOver(part.width, original), down: pdqTentsOver(part.height, original) };
      assert.deepEqual(tentGrid(rows, part, tents), tentGridReference(rows, part, tents));
    }),
    { numRuns: 200, seed: 2026 },
  );
});

test("agrees at every small height and width, where cells share their pixels", () => {
  for (let side = 1; side <= 140; side++) {
    for (const [width, height] of [
      [side, 9],
      [9, side],
    ] as const) {
      const rows = drawRamp(width, height);
      assert.deepEqual(
        centredGrid(rows, wholeOf(rows)),
        centredGridReference(rows, wholeOf(rows)),
        `${width}×${height}`,
      );
    }
  }
});

test("agrees on all white at the longest side, whose weights are the least", () => {
  for (const [width, height] of [
    [131_072, 3],
    [3, 131_072],
    [1, 1],
  ] as const) {
    const rows = { data: new Uint8Array(width * height).fill(255), width, height, channels: 1 as const };
    assert.deepEqual(centredGrid(rows, wholeOf(rows)), new Uint16Array(64 * 64).fill(65_280));
  }
});

function wholeOf({ width, height }: SampledRows): Rectangle {
  return { left: 0, top: 0, width, height };
}

function drawRamp(width: number, height: number): SampledRows {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 37) & 255);
  return { data, width, height, channels: 3 };
}
