import assert from "node:assert/strict";
import { test } from "node:test";
import { randomBits } from "../hamming/testing/code-sets.ts";
import { PostingMemory } from "../kernels/postings.ts";
import { Places, wordsOf } from "./places.ts";
import { PostingLists } from "./posting-lists.ts";

test("gives out places that do not overlap, and makes one of those that came back", () => {
  const random = randomBits(7);
  const memory = new PostingMemory(16);
  const places = new Places(memory);
  const held: { place: number; size: number }[] = [];
  for (let round = 0; round < 2_000; round++) {
    const size = random() % 9;
    const place = places.take(size);
    for (const other of held)
      assert.ok(place + wordsOf(size) <= other.place || other.place + wordsOf(other.size) <= place);
    memory.words.fill(round, place, place + wordsOf(size));
    held.push({ place, size });
    if (held.length > 50) {
      const [given] = held.splice(random() % held.length, 1);
      if (given) places.give(given.place, given.size);
    }
  }
  const { bytes } = places;
  for (const { place, size } of held) places.give(place, size);
  const page = places.take(18);
  assert.equal(wordsOf(18), 1 << 20, "a whole page is free again");
  assert.equal(places.bytes, bytes);
  places.give(page, 18);
});

test("keeps every posting of lists that grow and shrink", () => {
  const random = randomBits(11);
  const lists = new PostingLists(64);
  const expected = Array.from({ length: 64 }, () => new Set<number>());
  for (let keypoint = 1; keypoint <= 6_000; keypoint++) {
    const key = random() % 8 ? random() % 4 : random() % 64;
    assert.ok(lists.add(key, keypoint, random()));
    expected[key]?.add(keypoint);
    const shrinking = random() % 64;
    const [removed] = expected[shrinking] ?? [];
    if (removed === undefined) continue;
    assert.ok(lists.remove(shrinking, removed));
    expected[shrinking]?.delete(removed);
  }
  for (const [key, postings] of expected.entries()) {
    assert.equal(lists.remove(key, 0), false);
    for (const keypoint of postings) assert.ok(lists.remove(key, keypoint));
  }
});
