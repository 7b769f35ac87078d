import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PostingMemory } from "./postings.ts";
import { readPostings } from "./postings-reference.ts";

const word = fc.integer({ min: 0, max: 0xffffffff });

test("reads what the reference reads, in lists of any length and anywhere", () => {
  const memory = new PostingMemory();
  const start = memory.extend(4000);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, word), { maxLength: 40 }),
      fc.tuple(word, fc.integer({ min: 0, max: 32 })),
      fc.integer({ min: 0, max: 99 }),
      (postings, [signature, differenceMax], offset) => {
        const list = Uint32Array.from(postings.flat());
        const at = start + 2 * offset;
        memory.words.set(list, at);
        const found = memory.read({ at, length: postings.length }, signature, differenceMax);
        assert.deepEqual([...found], readPostings(list, signature, differenceMax));
      },
    ),
  );
});

test("keeps what is written when it grows, and gives every piece its own place", () => {
  const memory = new PostingMemory();
  const first = memory.extend(8);
  memory.words.set([1, 2, 3, 4], first);
  const second = memory.extend(1 << 20);
  assert.ok(second >= first + 8);
  memory.words[second + (1 << 20) - 1] = 5;
  assert.deepEqual([...memory.words.subarray(first, first + 4)], [1, 2, 3, 4]);
});
