// The buckets around a value, ring by ring: those whose numbers differ from the value's in no bit, in one, in two.
//
// Their words are gathered from the directory before anything is done with them, one load behind another and none waiting for
// what another brings. To choose how far walks go takes the rings that are likely to be walked, so these come for all bands at once.

import { wordsOf } from "./bucket";
import { bandValues, bucketAt, farRing, placeOf, ringsGathered, ringsOf, touchRings } from "./layout";
import { choose, masksEnd, masksOf } from "./order";
import { bitsOf, entryOf, lowBitsOf, splitsOf } from "./postings";

/** Rings whose words are kept for each query and band: farther ones are too many. */
export const ringsKept: u32 = 3;

/** Gathers the rings up to one of those kept. */
export function gatherRings(query: u32, band: u32, farthest: u32): void {
  touchRings(query);
  store<u8>(ringsGathered + placeOf(query, band), 0);
  ringAt(query, band, farthest);
}

function ringPlace(query: u32, band: u32, ring: u32): usize {
  const bits = bitsOf(band);
  return ringsOf(query, band) + ((<usize>(ring == 0 ? 0 : ring == 1 ? 1 : 1 + bits)) << 3);
}

/** The words of the buckets in a ring, in the order of their masks; of those that were split, the half of the value's next bit. */
export function ringAt(query: u32, band: u32, ring: u32): usize {
  if (ring >= ringsKept) {
    gather(query, band, ring, farRing);
    return farRing;
  }
  const gathered = ringsGathered + placeOf(query, band);
  for (let next = <u32>load<u8>(gathered); next <= ring; next++) {
    gather(query, band, next, ringPlace(query, band, next));
    store<u8>(gathered, <u8>(next + 1));
  }
  return ringPlace(query, band, ring);
}

export function bucketsIn(band: u32, ring: u32): u32 {
  return choose(bitsOf(band), ring);
}

function gather(query: u32, band: u32, ring: u32, to: usize): void {
  const value = load<u32>(bandValues + (placeOf(query, band) << 2));
  const end = masksEnd(bitsOf(band), ring);
  const own = bucketAt(band, value & lowBitsOf(band));
  let at = masksOf(ring);
  let into = to;
  if (splitsOf(band) != 0) {
    for (; at < end; at += 4, into += 8) store<u64>(into, load<u64>(entryOf(band, value ^ (load<u32>(at) >> 3))));
    return;
  }
  // By eight, as the less there is to do for each, the more loads are under way.
  for (; at + 32 <= end; at += 32, into += 64) {
    store<u64>(into, load<u64>(own ^ load<u32>(at)));
    store<u64>(into, load<u64>(own ^ load<u32>(at, 4)), 8);
    store<u64>(into, load<u64>(own ^ load<u32>(at, 8)), 16);
    store<u64>(into, load<u64>(own ^ load<u32>(at, 12)), 24);
    store<u64>(into, load<u64>(own ^ load<u32>(at, 16)), 32);
    store<u64>(into, load<u64>(own ^ load<u32>(at, 20)), 40);
    store<u64>(into, load<u64>(own ^ load<u32>(at, 24)), 48);
    store<u64>(into, load<u64>(own ^ load<u32>(at, 28)), 56);
  }
  for (; at < end; at += 4, into += 8) store<u64>(into, load<u64>(own ^ load<u32>(at)));
}

/** Postings, and what is free, in the buckets of a ring; while a directory doubles, about. */
export function crowdAround(query: u32, band: u32, ring: u32): f32 {
  const first = ringAt(query, band, ring);
  const end = first + ((<usize>bucketsIn(band, ring)) << 3);
  let words: u32 = 0;
  for (let at = first; at < end; at += 8) words += wordsOf(load<u64>(at));
  // A bucket that was split is there with one of its halves.
  return <f32>words * (1 + <f32>splitsOf(band) / <f32>(lowBitsOf(band) + 1));
}
