// A bucket: a word in a directory, and an extent of postings.
//
// The word says where the extent lies (29 bits), of what class it is (8), which tags are in it (26), each bit for as many tags that
// follow one another, and whether postings are in order. Nearly all looks are for one tag alone, which few buckets hold: where its
// bit is not set, no posting is fetched; where it is, order and the bits tell about where it is. What is free of an extent comes last
// and holds `none`, so no count is kept.
//
// Buckets of more than some thousands are in no order. Others keep the order they have; those of a restored snapshot get theirs when
// they are first looked into, as for all of a million codes at once it took 0.1 to 0.15 s, a third of what restoring takes.

import { classOf, handOut, release, wordsIn } from "./arena";
import { bandBits, slotBits, tagBits } from "./layout";
import { sort } from "./sort";

/** In place of a posting, of a slot that there never is; larger than any. */
export const none: u32 = 0xffffffff;
/** The largest class whose extents are in order, of 4,096 words: putting one in among more would take over a microsecond. */
export const orderlyClassMax: u32 = 71;

const classShift: u64 = 29;
const summaryShift: u64 = 37;
const summaryBits: u32 = 26;
const placeMask: u64 = ((<u64>1) << classShift) - 1;
const extentMask: u64 = ((<u64>1) << summaryShift) - 1;
const orderBit: u64 = (<u64>1) << 63;
const summaryMask: u64 = ~(extentMask | orderBit);

export function postingsOf(bucket: u64): usize {
  return (<usize>(bucket & placeMask)) << 3;
}

export function classIn(bucket: u64): u32 {
  return <u32>(bucket >> classShift) & 255;
}

/** Postings that a bucket's extent holds or has room for; none while it has no extent. */
export function wordsOf(bucket: u64): u32 {
  return select<u32>(0, wordsIn(classIn(bucket)), bucket == 0);
}

export function endOf(bucket: u64): usize {
  return postingsOf(bucket) + ((<usize>wordsOf(bucket)) << 2);
}

export function isInOrder(bucket: u64): bool {
  return (bucket & orderBit) != 0;
}

/** Whether a bucket should be in order and is not. */
export function isUntidy(bucket: u64): bool {
  return bucket != 0 && !isInOrder(bucket) && classIn(bucket) <= orderlyClassMax;
}

/** A bucket whose postings are in no order, and may be of any tag. */
export function untidy(bucket: u64): u64 {
  return (bucket | summaryMask) & ~orderBit;
}

export function isFull(bucket: u64): bool {
  return bucket == 0 || load<u32>(endOf(bucket) - 4) != none;
}

export function countIn(bucket: u64): u32 {
  return <u32>(placeFor(bucket, none) - postingsOf(bucket)) >> 2;
}

/** How many bits of the band a tag tells where buckets take so many. */
export function toldBits(bits: u32): u32 {
  return min(tagBits, bandBits - bits);
}

/** The bit that says that a posting's tag is there, or one of its neighbours. */
export function summaryOf(posting: u32, told: u32): u64 {
  return (<u64>1) << (summaryShift + <u64>(((posting >> slotBits) * summaryBits) >> told));
}

/** About where the postings of a tag are in a bucket in order, where the tag's bit is set: each bit is taken to stand for as many. */
export function guessIn(bucket: u64, summary: u64): usize {
  const before = <f32>(<i32>popcnt(bucket & (summary - 1) & summaryMask)) + 0.5;
  const parts = <f32>(<i32>popcnt(bucket & summaryMask));
  return postingsOf(bucket) + ((<usize>(<i32>((<f32>(<i32>wordsOf(bucket)) * before) / parts))) << 2);
}

/** Where a posting is in a bucket in order, or belongs; in any bucket where `none` is, which is where free words begin. */
export function placeFor(bucket: u64, posting: u32): usize {
  let first = postingsOf(bucket);
  let words = wordsOf(bucket);
  while (words != 0) {
    const half = words >> 1;
    const middle = first + ((<usize>half) << 2);
    const before = load<u32>(middle) < posting;
    first = before ? middle + 4 : first;
    words = before ? words - half - 1 : half;
  }
  return first;
}

/** A bucket with room for so many postings, one at least; the first few words are left for the caller to write. There must be memory. */
export function vacant(words: u32, left: u32): u64 {
  const extentClass = classOf(words);
  const bucket = <u64>handOut(extentClass) | ((<u64>extentClass) << classShift);
  blank(postingsOf(bucket) + ((<usize>left) << 2), endOf(bucket));
  return extentClass <= orderlyClassMax ? bucket | orderBit : untidy(bucket);
}

/** Says of words of an extent that they are free. */
export function blank(first: usize, end: usize): void {
  for (let at = first; at < end; at += 4) store<u32>(at, none);
}

/** Puts a bucket's word, as it has become, in its place in the directory, and gives back the extent that it has left. */
export function replace(at: usize, bucket: u64): void {
  const old = load<u64>(at);
  store<u64>(at, bucket);
  if (old != 0 && placeIn(old) != placeIn(bucket)) discard(old);
}

/** Gives back the extent of a bucket that is in no directory any more. */
export function discard(bucket: u64): void {
  release(placeIn(bucket), classIn(bucket));
}

/** Where a bucket's extent is, as the arena has it. */
export function placeIn(bucket: u64): u32 {
  return <u32>(bucket & placeMask);
}

export function atPlace(bucket: u64, place: u32): u64 {
  return (bucket & ~placeMask) | <u64>place;
}

/** A copy of the bucket in another extent, with room for so many postings. There must be memory. */
export function moved(bucket: u64, words: u32): u64 {
  if (bucket == 0) return vacant(words, 0);
  const count = countIn(bucket);
  const target = vacant(words, count);
  memory.copy(postingsOf(target), postingsOf(bucket), (<usize>count) << 2);
  return isInOrder(bucket) && isInOrder(target) ? target | (bucket & summaryMask) : untidy(target);
}

/** The bucket with one more posting, for which it has room. */
export function withPosting(bucket: u64, posting: u32, told: u32): u64 {
  const end = placeFor(bucket, none);
  const at = isInOrder(bucket) ? placeFor(bucket, posting) : end;
  if (at != end) memory.copy(at + 4, at, end - at);
  store<u32>(at, posting);
  return bucket | summaryOf(posting, told);
}

/** The bucket without a posting that it holds. */
export function withoutPosting(bucket: u64, posting: u32, told: u32): u64 {
  const at = isInOrder(bucket) ? placeFor(bucket, posting) : placeAmong(bucket, posting);
  const last = placeFor(bucket, none) - 4;
  memory.copy(at, at + 4, last - at);
  store<u32>(last, none);
  return isInOrder(bucket) ? withoutSummary(bucket, at, summaryOf(posting, told), told) : bucket;
}

function placeAmong(bucket: u64, posting: u32): usize {
  let at = postingsOf(bucket);
  while (load<u32>(at) != posting) at += 4;
  return at;
}

/** No bit stays set that only the posting which was at `at` needed: its neighbours tell. */
function withoutSummary(bucket: u64, at: usize, summary: u64, told: u32): u64 {
  const before = at - 4;
  if (at != postingsOf(bucket) && summaryOf(load<u32>(before), told) == summary) return bucket;
  const behind = load<u32>(at);
  return behind != none && summaryOf(behind, told) == summary ? bucket : bucket & ~summary;
}

/** The bucket in order, unless it is too large for that. */
export function arranged(bucket: u64, told: u32): u64 {
  if (bucket == 0 || classIn(bucket) > orderlyClassMax) return bucket;
  const first = postingsOf(bucket);
  const end = placeFor(bucket, none);
  sort(first, end, 31);
  let summary: u64 = 0;
  for (let at = first; at < end; at += 4) summary |= summaryOf(load<u32>(at), told);
  return (bucket & extentMask) | summary | orderBit;
}
