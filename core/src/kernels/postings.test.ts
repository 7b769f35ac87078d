import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PostingMemory, probesPerKeypoint } from "./postings.ts";
import { collectPostings, type PostingList } from "./postings-reference.ts";

const keys = 16;
const word = fc.integer({ min: 0, max: 0xffffffff });
const key = fc.integer({ min: 0, max: keys - 1 });
const someLists = fc.array(fc.array(fc.tuple(word, word), { maxLength: 40 }), { maxLength: keys });
const someQuery = fc.record({
  seeds: fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), key, word), { maxLength: 9 }),
  probes: fc.array(key, { minLength: 3 * probesPerKeypoint, maxLength: 3 * probesPerKeypoint }),
});
const someLimits = fc.record({
  postingsMax: fc.constantFrom(1, 50, 1_000_000),
  lengthMax: fc.constantFrom(1, 7, 1024),
  differenceMax: fc.integer({ min: 0, max: 32 }),
});

test("collects what the reference collects, from lists of any length", () => {
  fc.assert(
    fc.property(someLists, someQuery, someLimits, (lists, { seeds, probes }, limits) => {
      const query = { seeds: Uint32Array.from(seeds.flat()), probes: Uint32Array.from(probes) };
      const expected = collectPostings(new Map(lists.entries()), query, limits);
      assert.deepEqual([...memoryOf(lists).collect(query, limits)], expected);
    }),
    { seed: 2003 },
  );
});

test("ends with the hits that there is room for", () => {
  const memory = memoryOf([Array.from({ length: 4096 }, (_, i) => [i, 0] as const)]);
  const seeds = Uint32Array.from({ length: 3 * 100 }, () => 0);
  const limits = { postingsMax: 100_000_000, lengthMax: 4096, differenceMax: 0 };
  const hits = memory.collect({ seeds, probes: new Uint32Array(probesPerKeypoint) }, limits);
  assert.equal(hits.length / 2, 64 * 4096);
  assert.deepEqual([...hits.subarray(-2)], [4095, 256 * 63]);
});

test("refuses a query that it has no room for", () => {
  const query = { seeds: new Uint32Array(3 * 8193), probes: new Uint32Array(0) };
  assert.throws(
    () => new PostingMemory(keys).collect(query, { postingsMax: 1, lengthMax: 1, differenceMax: 1 }),
    RangeError,
  );
});

test("keeps what is written when it grows, and gives every piece its own place", () => {
  const memory = new PostingMemory(keys);
  const first = memory.extend(8);
  memory.words.set([1, 2, 3, 4], first);
  const second = memory.extend(1 << 20);
  assert.ok(second >= first + 8);
  memory.words[second + (1 << 20) - 1] = 5;
  assert.deepEqual([...memory.words.subarray(first, first + 4)], [1, 2, 3, 4]);
});

function memoryOf(lists: readonly PostingList[]): PostingMemory {
  const memory = new PostingMemory(keys);
  for (const [at, list] of lists.entries()) {
    const place = memory.extend(4 * Math.ceil((2 * list.length) / 4) + 4) + list.length;
    for (const [i, [keypoint, signature]] of list.entries()) {
      memory.words[place + i] = signature;
      memory.words[place - 1 - i] = keypoint;
    }
    memory.setList(at, place, list.length);
  }
  return memory;
}
