import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeMiniature,
  encodeMiniature,
  queryMiniatureSide,
  reduceMiniature,
  storedMiniatureBytes,
  storedMiniatureSide,
} from "./miniature.ts";

const cells = storedMiniatureSide * storedMiniatureSide;

test("a stored miniature takes three bits a cell, and two greys of a block are kept as they are", () => {
  const data = Uint8Array.from({ length: cells }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 30 : 201));
  const bytes = encodeMiniature({ side: storedMiniatureSide, data });
  assert.equal(bytes.length, storedMiniatureBytes);
  assert.equal(8 * bytes.length, 3 * cells);
  assert.deepEqual(decodeMiniature(bytes), { side: storedMiniatureSide, data });
});

test("no cell is off by more than a sixth of the contrast of its block, and writing again changes nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: cells, maxLength: cells }), (data) => {
      const read = decodeMiniature(encodeMiniature({ side: storedMiniatureSide, data }));
      for (let i = 0; i < cells; i++)
        assert.ok(Math.abs((read.data[i] as number) - (data[i] as number)) <= 255 / 6 + 1);
      assert.deepEqual(decodeMiniature(encodeMiniature(read)), read);
    }),
    { numRuns: 20 },
  );
});

test("a smaller miniature holds the means of the larger one's cells", () => {
  const side = queryMiniatureSide;
  const data = Uint8Array.from({ length: side * side }, (_, i) => (i % side) + Math.floor(i / side / 3));
  const step = side / storedMiniatureSide;
  const reduced = reduceMiniature({ side, data });
  assert.equal(reduced.data[0], Math.floor((step - 1) / 2 + 0.5));
  assert.equal(reduced.data[storedMiniatureSide + 5], step * 5 + 1 + 1);
});
