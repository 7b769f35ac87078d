// The postings: each band of a code names a bucket of that band's directory, and the bucket lists the codes of that value.
//
// Taking a code in is a posting in each band, seen by the next query. Directories double by linear hashing (Litwin, VLDB 1980), a
// few buckets with every change, so that nothing ever waits for a rebuild.

import { bytesFor, classOf, goOnMoving, room, stopMoving } from "./arena";
import {
  arranged,
  atPlace,
  blank,
  classIn,
  countIn,
  discard,
  isFull,
  isInOrder,
  isUntidy,
  moved,
  none,
  orderlyClassMax,
  placeFor,
  placeIn,
  postingsOf,
  replace,
  toldBits,
  untidy,
  vacant,
  withoutPosting,
  withPosting,
  wordsOf,
} from "./bucket";
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
  codeOf,
  directoryBytes,
  heldBetween,
  isHeld,
  placeBlocks,
  reserve,
  setHeld,
  slotBits,
  slotMask,
  slotsMax,
  tagBits,
} from "./layout";

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

/** How many of them the tags of its postings tell. */
function toldOf(band: u32, value: u32): u32 {
  return toldBits(bitsOfBucket(band, value));
}

/** What postings of a value say of it, where buckets take so many bits. */
export function tagOf(value: u32, bits: u32): u32 {
  return ((value >> bits) & ((1 << tagBits) - 1)) << slotBits;
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
    const bucket = load<u64>(entryOf(band, bandIn(code, band)));
    if (isFull(bucket)) bytes += bytesFor(wordsWanted(bucket));
  }
  return room(bytes + <u64>blockBytes);
}

export function post(slot: u32): void {
  for (let band: u32 = 0; band < bands; band++) {
    const value = bandValue(slot, band);
    const bits = bitsOfBucket(band, value);
    append(entryOf(band, value), slot | tagOf(value, bits), toldBits(bits));
  }
}

/** Where the word of a value's bucket is. */
export function entryOf(band: u32, value: u32): usize {
  return bucketAt(band, bucketNumber(value, lowBitsOf(band), splitsOf(band)));
}

/** Tells the bucket whose extent was moved; its first posting tells which bucket that is, but for the band. */
export function rehouse(from: u32, to: u32): void {
  const slot = load<u32>((<usize>to) << 3) & slotMask;
  for (let band: u32 = 0; band < bands; band++) {
    const at = entryOf(band, bandValue(slot, band));
    if (placeIn(load<u64>(at)) == from) return store<u64>(at, atPlace(load<u64>(at), to));
  }
  unreachable();
}

/** How many postings a bucket that is full should have room for: those too large for order grow by half, as the extents that they leave are seldom of use to others. */
function wordsWanted(bucket: u64): u32 {
  const words = wordsOf(bucket);
  return classIn(bucket) < orderlyClassMax ? words + 1 : words + words / 2;
}

function append(at: usize, posting: u32, told: u32): void {
  let bucket = load<u64>(at);
  if (isFull(bucket)) bucket = moved(bucket, wordsWanted(bucket));
  replace(at, withPosting(bucket, posting, told));
}

// Many codes are posted band by band: counted by their buckets, so that each gets its extent once, then written there. Each step is a
// call for some thousands of slots: what runs for long within one call is never compiled by the better compiler.

export function beginPosting(band: u32): void {
  const bytes = (<usize>bucketsOf(band)) << 2;
  memory.fill(arrivals, 0, bytes);
  arrivalBytes = max(arrivalBytes, bytes);
}

export function bucketsOf(band: u32): u32 {
  return (1 << bitsOf(band)) + splitsOf(band);
}

/** Counts the held codes of a range of slots by their buckets in the band. */
export function announce(band: u32, first: u32, end: u32): void {
  const low = lowBitsOf(band);
  const splitBelow = splitsOf(band);
  for (let row = first & ~63; row < end; row += 64) {
    const codes = codeOf(row);
    for (let rest = heldBetween(row, first, end); rest != 0; rest &= rest - 1) {
      const value = bandIn(codes + ((<usize>ctz(rest)) << 5), band);
      const at = arrivals + ((<usize>bucketNumber(value, low, splitBelow)) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
}

function bucketNumber(value: u32, low: u32, splitBelow: u32): u32 {
  const bucket = value & low;
  return bucket < splitBelow ? value & (2 * low + 1) : bucket;
}

/** Gives every bucket room for those announced; `false` when the memory cannot grow, and the index is of no use. Until `endPosting` no place changes. */
export function provide(band: u32): bool {
  stopMoving();
  const buckets = bucketsOf(band);
  for (let number: u32 = 0; number < buckets; number++) {
    const arrival = arrivals + ((<usize>number) << 2);
    const more = load<u32>(arrival);
    if (more == 0) continue;
    const at = bucketAt(band, number);
    let bucket = load<u64>(at);
    const count = countIn(bucket);
    if (count + more > wordsOf(bucket)) {
      if (!room(bytesFor(count + more))) return false;
      bucket = moved(bucket, count + more);
    }
    store<u32>(arrival, <u32>postingsOf(bucket) + (count << 2));
    replace(at, untidy(bucket));
  }
  return true;
}

/** Writes the postings of the held codes of a range of slots. */
export function postRange(band: u32, first: u32, end: u32): void {
  const bits = bitsOf(band);
  const low = lowBitsOf(band);
  const splitBelow = splitsOf(band);
  for (let row = first & ~63; row < end; row += 64) {
    const codes = codeOf(row);
    for (let rest = heldBetween(row, first, end); rest != 0; rest &= rest - 1) {
      const i = <u32>ctz(rest);
      const value = bandIn(codes + ((<usize>i) << 5), band);
      const arrival = arrivals + ((<usize>bucketNumber(value, low, splitBelow)) << 2);
      const at = load<u32>(arrival);
      store<u32>(arrival, at + 4);
      store<u32>(<usize>at, (row + i) | tagOf(value, bits + <u32>((value & low) < splitBelow)));
    }
  }
}

export function endPosting(): void {
  goOnMoving();
}

/** Puts a range of buckets in order, before they are looked into; returns how many buckets the band has. */
export function arrangeRange(band: u32, first: u32, end: u32): u32 {
  const buckets = bucketsOf(band);
  const last = min(end, buckets);
  for (let number = first; number < last; number++) arrange(band, number);
  return buckets;
}

/** Puts a bucket in order that should be. */
export function arrange(band: u32, number: u32): void {
  const at = bucketAt(band, number);
  const bucket = load<u64>(at);
  if (isUntidy(bucket)) store<u64>(at, arranged(bucket, toldOf(band, number)));
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
    const bits = bitsOfBucket(band, value);
    if (!withdraw(entryOf(band, value), slot | tagOf(value, bits), toldBits(bits))) withdrawn = false;
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

/** Takes a posting out of its bucket; `false` when the bucket is so large that this is left to the sweep. */
function withdraw(at: usize, posting: u32, told: u32): bool {
  const bucket = load<u64>(at);
  if (!isInOrder(bucket) && !isUntidy(bucket)) return false;
  replace(at, shortened(withoutPosting(bucket, posting, told)));
  return true;
}

/** The bucket that postings were taken out of, copied to a smaller extent where that pays. */
function shortened(bucket: u64): u64 {
  const count = countIn(bucket);
  if (count == 0) return 0;
  return classOf(count) + 2 < classIn(bucket) && room(bytesFor(count)) ? moved(bucket, count) : bucket;
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
  if (bucket != 0) discard(bucket);
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
  const lower = lowerCount == 0 ? 0 : vacant(lowerCount, lowerCount);
  const upper = upperCount == 0 ? 0 : vacant(upperCount, upperCount);
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
  store<u64>(bucketAt(band, number), arranged(lower, toldBits(bits)));
  store<u64>(bucketAt(band, number + (1 << (bits - 1))), arranged(upper, toldBits(bits)));
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
  const count = countIn(bucket);
  if (count != 0) dropDead(at, bucket, toldOf(sweepBand, sweepBucket));
  sweepNextBucket();
  return 1 + <i32>(count / postingsPerStep);
}

function dropDead(at: usize, bucket: u64, told: u32): void {
  const end = placeFor(bucket, none);
  let kept = postingsOf(bucket);
  for (let place = kept; place < end; place += 4) {
    const posting = load<u32>(place);
    store<u32>(kept, posting);
    kept += (<usize>isHeld(posting & slotMask)) << 2;
  }
  if (kept == end) return;
  blank(kept, end);
  replace(at, shortened(arranged(bucket, told)));
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
