// Puts the postings of a bucket in order.

import { sorting } from "./layout";

/** So many words are ranked, more are parted first. */
const rankedMax: usize = 64;
const signBit: u32 = 0x80000000;
const words: usize = sorting;
const ranks: usize = sorting + (rankedMax << 2);

/** Sorts words that differ from one another and, if at all, in this bit and lower ones only: radix exchange, down to few. */
export function sort(first: usize, end: usize, bit: u32): void {
  if (end - first <= rankedMax << 2) {
    rank(first, end - first);
    return;
  }
  let low = first;
  let high = end;
  while (low < high) {
    const word = load<u32>(low);
    if (((word >> bit) & 1) == 0) {
      low += 4;
      continue;
    }
    high -= 4;
    store<u32>(low, load<u32>(high));
    store<u32>(high, word);
  }
  sort(first, low, bit - 1);
  sort(low, end, bit - 1);
}

/** Each word goes where the number of smaller ones says: eight are compared at once, and no branch is foreseen wrongly. */
function rank(first: usize, bytes: usize): void {
  memory.copy(words, first, bytes);
  // Words compare as signed ones: the highest bit is turned over, for good in this copy.
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(words + at, v128.xor(v128.load(words + at), i32x4.splat(signBit)));
  for (let at: usize = 0; at < bytes; at += 32) countSmaller(at, bytes);
  for (let at: usize = 0; at < bytes; at += 4) {
    store<u32>(first + ((<usize>load<u32>(ranks + at)) << 2), load<u32>(words + at) ^ signBit);
  }
}

/** Counts the words smaller than each of eight; of those behind the last any number may come out. */
function countSmaller(at: usize, bytes: usize): void {
  const some = v128.load(words + at);
  const others = v128.load(words + at, 16);
  let ranksOfSome = i32x4.splat(0);
  let ranksOfOthers = i32x4.splat(0);
  for (let other: usize = 0; other < bytes; other += 4) {
    const word = v128.load_splat<u32>(words + other);
    ranksOfSome = v128.sub<i32>(ranksOfSome, v128.lt<i32>(word, some));
    ranksOfOthers = v128.sub<i32>(ranksOfOthers, v128.lt<i32>(word, others));
  }
  v128.store(ranks + at, ranksOfSome);
  v128.store(ranks + at, ranksOfOthers, 16);
}
