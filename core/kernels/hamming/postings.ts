// The postings: each band of a code names a bucket of that band's directory, and the bucket lists the codes of that value.
//
// Taking a code in is a posting in each band, seen by the next query. Directories double by linear hashing (Litwin, VLDB 1980), a
// few buckets with every change, so that nothing ever waits for a rebuild.

import { allot, bytesFor, classOf, release, room, wordsIn } from "./arena";
import {
  arrivals,
  audienceOf,
  bandBits,
  bandIn,
  bands,
  bandsMax,
  bandValue,
  blockBytes,
  bucketAt,
  bucketBitsMax,
  bucketBitsMin,
  crowdAt,
  directoryBytes,
  isHeld,
  placeBlocks,
  reserve,
  setHeld,
  slotBits,
  slotMask,
  slotsMax,
  tagBits,
} from "./layout";

/** In larger buckets a removed code's posting is left to the sweep. */
const searchedMax: u32 = 4096;
/** Postings looked at for one step of upkeep. */
const postingsPerStep: u32 = 8;
/** What the directories may take of the 90 bytes a code, in tenths. */
const directoryTenthsPerCode: u64 = 44;

const bucketBits = new StaticArray<u32>(<i32>bandsMax);
/** Buckets of a doubling directory that have been split; 0 when it is not doubling. */
const splits = new StaticArray<u32>(<i32>bandsMax);
let doublingBand: u32 = 0;
/** Bytes of the list of arrivals that were ever written to. */
export let arrivalBytes: usize = 0;

export let size: u32 = 0;
export let slotEnd: u32 = 0;

// Free slots are listed through their audience words. Dead ones still have a posting somewhere, and become free when a sweep
// that began after their removal has been through every bucket.
let free: u32 = 0;
let dead: u32 = 0;
let deadLast: u32 = 0;
let deadCount: u32 = 0;
let dying: u32 = 0;
let dyingLast: u32 = 0;
let sweepBand: u32 = bandsMax;
let sweepBucket: u32 = 0;

export function emptyBuckets(): void {
  for (let band: u32 = 0; band < bands; band++) unchecked((bucketBits[band] = bucketBitsMin));
}

export function bitsOf(band: u32): u32 {
  return unchecked(bucketBits[band]);
}

/** The bits of a value that choose its bucket, as long as that has not been split. */
export function lowBitsOf(band: u32): u32 {
  return ((<u32>1) << bitsOf(band)) - 1;
}

export function splitsOf(band: u32): u32 {
  return unchecked(splits[band]);
}

/** How many of a value's bits, from the lowest on, bucket and posting tell together. */
export function bitsTold(band: u32, value: u32): u32 {
  return min(bandBits, bitsOfBucket(band, value) + tagBits);
}

function bitsOfBucket(band: u32, value: u32): u32 {
  return bitsOf(band) + <u32>((value & lowBitsOf(band)) < splitsOf(band));
}

/** What postings of a value say of it, where buckets take so many bits. */
export function tagOf(value: u32, bits: u32): u32 {
  return ((value >> bits) & ((1 << tagBits) - 1)) << slotBits;
}

// A bucket is two words in one: where its extent lies (29 bits), how many postings are in it (27), and the extent's class (8).
// It has none while it is empty.

const countShift: u64 = 29;
const classShift: u64 = 56;
const placeMask: u64 = ((<u64>1) << countShift) - 1;
const countMask: u64 = ((<u64>1) << (classShift - countShift)) - 1;

export function countIn(bucket: u64): u32 {
  return <u32>((bucket >> countShift) & countMask);
}

export function postingsOf(bucket: u64): usize {
  return (<usize>(bucket & placeMask)) << 3;
}

function classIn(bucket: u64): u32 {
  return <u32>(bucket >> classShift);
}

function bucketOf(place: u32, count: u32, extentClass: u32): u64 {
  return <u64>place | ((<u64>count) << countShift) | ((<u64>extentClass) << classShift);
}

/** A bucket of so many postings that are yet to be written. There must be memory. */
function unfilled(count: u32): u64 {
  return count == 0 ? 0 : bucketOf(allot(classOf(count)), count, classOf(count));
}

/** The bucket in an extent with room for so many; the postings come along. There must be memory. */
function moved(bucket: u64, words: u32): u64 {
  const extentClass = classOf(words);
  const place = allot(extentClass);
  const count = countIn(bucket);
  memory.copy((<usize>place) << 3, postingsOf(bucket), (<usize>count) << 2);
  if (bucket != 0) release(<u32>(bucket & placeMask), classIn(bucket));
  return bucketOf(place, count, extentClass);
}

function hasRoomFor(bucket: u64, more: u32): bool {
  return bucket != 0 && countIn(bucket) + more <= wordsIn(classIn(bucket));
}

/** The slot that the next code goes to. */
export function nextSlot(): u32 {
  return free != 0 ? free - 1 : slotEnd;
}

/** Claims the next slot; -1 when there is no room. The caller has written nothing yet. */
export function claim(): i32 {
  const slot = nextSlot();
  if (free != 0) {
    free = load<u32>(audienceOf(slot));
  } else {
    if (slotEnd >= slotsMax || !placeBlocks(slotEnd + 1)) return -1;
    slotEnd++;
  }
  return <i32>slot;
}

/** Claims so many new slots behind all others; -1 when there is no room. */
export function claimRange(count: u32): i32 {
  const first = slotEnd;
  if (count > slotsMax - first || !reserve(first + count) || !placeBlocks(first + count)) return -1;
  slotEnd += count;
  return <i32>first;
}

export function holdRange(first: u32, count: u32): void {
  for (let slot = first; slot < first + count; slot++) setHeld(slot, true);
  size += count;
}

/** Makes sure that a slot and postings can be had for a code, in the order of the bands; `false` when the memory cannot grow. */
export function makeRoom(code: usize): bool {
  let bytes: u64 = 0;
  for (let band: u32 = 0; band < bands; band++) {
    const bucket = load<u64>(placeOf(band, bandIn(code, band)));
    if (!hasRoomFor(bucket, 1)) bytes += bytesFor(countIn(bucket) + 1);
  }
  return room(bytes + <u64>blockBytes + 64);
}

export function post(slot: u32): void {
  for (let band: u32 = 0; band < bands; band++) {
    const value = bandValue(slot, band);
    append(placeOf(band, value), slot | tagOf(value, bitsOfBucket(band, value)));
    crowd(band, value, 1);
  }
}

function placeOf(band: u32, value: u32): usize {
  return bucketAt(band, bucketNumber(value, lowBitsOf(band), splitsOf(band)));
}

function append(at: usize, posting: u32): void {
  let bucket = load<u64>(at);
  const count = countIn(bucket);
  if (!hasRoomFor(bucket, 1)) bucket = moved(bucket, count + 1);
  store<u32>(postingsOf(bucket) + ((<usize>count) << 2), posting);
  store<u64>(at, bucket + ((<u64>1) << countShift));
}

function crowd(band: u32, value: u32, change: i32): void {
  const at = crowdAt(band, value);
  store<i32>(at, load<i32>(at) + change);
}

// Many codes are posted band by band: counted by their buckets, so that each gets its extent once, then written there. Each step is a
// call for some thousands of slots: what runs for long within one call is never compiled by the better compiler.

export function beginPosting(band: u32): void {
  const bytes = (<usize>bucketsOf(band)) << 2;
  memory.fill(arrivals, 0, bytes);
  arrivalBytes = max(arrivalBytes, bytes);
}

function bucketsOf(band: u32): u32 {
  return (1 << bitsOf(band)) + splitsOf(band);
}

/** Counts the held codes of a range of slots by their buckets in the band. */
export function announce(band: u32, first: u32, end: u32): void {
  const low = lowBitsOf(band);
  const splitBelow = splitsOf(band);
  for (let slot = first; slot < end; slot++) {
    if (!isHeld(slot)) continue;
    const value = bandValue(slot, band);
    const at = arrivals + ((<usize>bucketNumber(value, low, splitBelow)) << 2);
    store<u32>(at, load<u32>(at) + 1);
    crowd(band, value, 1);
  }
}

function bucketNumber(value: u32, low: u32, splitBelow: u32): u32 {
  const bucket = value & low;
  return bucket < splitBelow ? value & (2 * low + 1) : bucket;
}

/** Gives every bucket room for those announced, and counts them in; there is memory, as it was reserved. */
export function provide(band: u32): void {
  const buckets = bucketsOf(band);
  for (let number: u32 = 0; number < buckets; number++) {
    const arrival = arrivals + ((<usize>number) << 2);
    const more = load<u32>(arrival);
    if (more == 0) continue;
    const at = bucketAt(band, number);
    let bucket = load<u64>(at);
    if (!hasRoomFor(bucket, more)) bucket = moved(bucket, countIn(bucket) + more);
    store<u32>(arrival, <u32>postingsOf(bucket) + (countIn(bucket) << 2));
    store<u64>(at, bucket + ((<u64>more) << countShift));
  }
}

/** Writes the postings of the held codes of a range of slots. */
export function postRange(band: u32, first: u32, end: u32): void {
  const bits = bitsOf(band);
  const low = lowBitsOf(band);
  const splitBelow = splitsOf(band);
  for (let slot = first; slot < end; slot++) {
    if (!isHeld(slot)) continue;
    const value = bandValue(slot, band);
    const arrival = arrivals + ((<usize>bucketNumber(value, low, splitBelow)) << 2);
    const at = load<u32>(arrival);
    store<u32>(arrival, at + 4);
    store<u32>(<usize>at, slot | tagOf(value, bits + <u32>((value & low) < splitBelow)));
  }
}

/** Counts the held among adopted slots and lists the others as free, the lowest to be reused first. */
export function adopt(end: u32): void {
  slotEnd = end;
  for (let slot: i32 = <i32>end - 1; slot >= 0; slot--) {
    if (isHeld(slot)) size++;
    else freeSlot(slot);
  }
}

function freeSlot(slot: u32): void {
  store<u32>(audienceOf(slot), free);
  free = slot + 1;
}

export function remove(slot: u32): bool {
  if (slot >= slotEnd || !isHeld(slot)) return false;
  setHeld(slot, false);
  size--;
  let withdrawn = true;
  for (let band: u32 = 0; band < bands; band++) {
    const value = bandValue(slot, band);
    if (!withdraw(placeOf(band, value), slot)) withdrawn = false;
    crowd(band, value, -1);
  }
  if (withdrawn) freeSlot(slot);
  else bury(slot);
  return true;
}

function bury(slot: u32): void {
  store<u32>(audienceOf(slot), dead);
  if (dead == 0) deadLast = slot;
  dead = slot + 1;
  deadCount++;
}

/** Takes a slot's posting out of its bucket, the last one comes in its place; `false` when the bucket is too large to look for it. */
function withdraw(at: usize, slot: u32): bool {
  const bucket = load<u64>(at);
  const count = countIn(bucket);
  if (count > searchedMax) return false;
  const first = postingsOf(bucket);
  const last = first + ((<usize>(count - 1)) << 2);
  let place = last;
  while ((load<u32>(place) & slotMask) != slot) place -= 4;
  store<u32>(place, load<u32>(last));
  shorten(at, bucket, count - 1);
  return true;
}

/** Leaves the first so many postings in a bucket, in a smaller extent where that pays. */
function shorten(at: usize, bucket: u64, count: u32): void {
  const place = <u32>(bucket & placeMask);
  const extentClass = classIn(bucket);
  if (count == 0) {
    release(place, extentClass);
    store<u64>(at, 0);
    return;
  }
  const shorter = bucketOf(place, count, extentClass);
  const fitting = classOf(count);
  store<u64>(at, fitting + 2 < extentClass && room(bytesFor(count)) ? moved(shorter, count) : shorter);
}

/** Does so many steps of the work that keeps buckets short: splits them, then sweeps dead codes out. */
export function tend(steps: i32): void {
  while (steps > 0) {
    const done = shouldDouble(size) ? split() : sweep();
    if (done == 0) return;
    steps -= done;
  }
}

/** Doubles directories at once, as far as so many codes deserve; before the first slot is claimed that takes no time. */
export function widen(count: u32): void {
  while (shouldDouble(count)) {
    if (slotEnd == 0) endDoubling();
    else if (split() == 0) return;
  }
}

function shouldDouble(count: u32): bool {
  if (splitsOf(doublingBand) != 0) return true;
  const bits = bitsOf(doublingBand);
  let bytes = directoryBytes(bits);
  for (let band: u32 = 0; band < bands; band++) bytes += directoryBytes(bitsOf(band));
  return bits < min(bandBits, bucketBitsMax) && bytes * 10 <= <u64>count * directoryTenthsPerCode;
}

function endDoubling(): void {
  unchecked((bucketBits[doublingBand] = bitsOf(doublingBand) + 1));
  unchecked((splits[doublingBand] = 0));
  doublingBand = (doublingBand + 1) % bands;
}

/** Shares the next bucket of the doubling directory out among its two halves; the steps that took, 0 when there is no memory for it. */
function split(): i32 {
  const band = doublingBand;
  const bits = bitsOf(band);
  const number = splitsOf(band);
  const bucket = load<u64>(bucketAt(band, number));
  const count = countIn(bucket);
  if (bucket != 0 && !share(band, number, bucket)) return 0;
  unchecked((splits[band] = number + 1));
  if (number + 1 == 1 << bits) endDoubling();
  return 1 + <i32>(count / postingsPerStep);
}

function share(band: u32, number: u32, bucket: u64): bool {
  const count = countIn(bucket);
  const first = postingsOf(bucket);
  const end = first + ((<usize>count) << 2);
  let upperCount: u32 = 0;
  for (let at = first; at < end; at += 4) upperCount += isUpper(load<u32>(at));
  const lowerCount = count - upperCount;
  if (!room(bytesFor(lowerCount) + bytesFor(upperCount))) return false;
  const lower = unfilled(lowerCount);
  const upper = unfilled(upperCount);
  let lowerAt = postingsOf(lower);
  let upperAt = postingsOf(upper);
  const bits = bitsOf(band) + 1;
  for (let at = first; at < end; at += 4) {
    const posting = load<u32>(at);
    const retold = retagged(posting, band, bits);
    if (isUpper(posting)) {
      store<u32>(upperAt, retold);
      upperAt += 4;
    } else {
      store<u32>(lowerAt, retold);
      lowerAt += 4;
    }
  }
  release(<u32>(bucket & placeMask), classIn(bucket));
  store<u64>(bucketAt(band, number), lower);
  store<u64>(bucketAt(band, number + (1 << (bits - 1))), upper);
  return true;
}

/** The lowest bit that a posting tells is the next that buckets go by. */
function isUpper(posting: u32): u32 {
  return (posting >> slotBits) & 1;
}

/** A posting that tells of the bits from one higher on: the highest is read from the code, unless the band has none there. */
function retagged(posting: u32, band: u32, bits: u32): u32 {
  const slot = posting & slotMask;
  if (bits + tagBits <= bandBits) return slot | tagOf(bandValue(slot, band), bits);
  return slot | ((posting >> 1) & ~slotMask);
}

/** Goes on with the sweep: the steps that took, 0 when there is nothing to sweep. */
function sweep(): i32 {
  if (sweepBand >= bands && !beginSweep()) return 0;
  const at = bucketAt(sweepBand, sweepBucket);
  const bucket = load<u64>(at);
  if (bucket != 0) dropDead(at, bucket);
  sweepNextBucket();
  return 1 + <i32>(countIn(bucket) / postingsPerStep);
}

function dropDead(at: usize, bucket: u64): void {
  const first = postingsOf(bucket);
  const end = first + ((<usize>countIn(bucket)) << 2);
  let kept = first;
  for (let place = first; place < end; place += 4) {
    const posting = load<u32>(place);
    store<u32>(kept, posting);
    kept += (<usize>isHeld(posting & slotMask)) << 2;
  }
  if (kept != end) shorten(at, bucket, <u32>(kept - first) >> 2);
}

function beginSweep(): bool {
  if (deadCount <= 1024 + (size >> 4)) return false;
  dying = dead;
  dyingLast = deadLast;
  dead = 0;
  deadCount = 0;
  sweepBand = 0;
  sweepBucket = 0;
  return true;
}

function sweepNextBucket(): void {
  sweepBucket++;
  if (sweepBucket < bucketsOf(sweepBand)) return;
  sweepBucket = 0;
  sweepBand++;
  if (sweepBand < bands) return;
  store<u32>(audienceOf(dyingLast), free);
  free = dying;
}
