// The chains: each band of a code names a bucket of that band's directory, and the codes of one bucket are linked.
//
// Taking a code in is twelve links, seen by the next query. Directories double by linear hashing (Litwin, VLDB 1980), a few
// buckets with every change, so that nothing ever waits for a rebuild.

import {
  audienceOf,
  bandBitsMax,
  bandBitsMin,
  bands,
  bandsMax,
  bandValue,
  crowdAt,
  directoryBytes,
  headOf,
  isHeld,
  linkOf,
  reserve,
  setHead,
  setHeld,
  setLink,
  slotsMax,
  swapHead,
} from "./layout";

/** Longer walks to unlink a removed code are left to the sweep. */
const unlinkStepsMax: u32 = 64;
/** What the directories may take of the 90 bytes a code, in tenths. */
const directoryTenthsPerCode: u64 = 165;
/** With 16 bands, made for few codes, directories are those of eight times as many: 3.1 MB at most. */
const roomyFactor: u32 = 8;

const bandBits = new StaticArray<u32>(<i32>bandsMax);
/** Buckets of a doubling directory that have been split; 0 when it is not doubling. */
const splits = new StaticArray<u32>(<i32>bandsMax);
let doublingBand: u32 = 0;
/** What remains of the chain being split, in the band that is doubling: the chain of bucket `splits - 1`. */
let unsplit: u32 = 0;

export let size: u32 = 0;
export let slotEnd: u32 = 0;

// Free slots are listed through their audience words. Dead ones still stand in a chain somewhere, and become free when a
// sweep that began after their removal has been through every chain.
let free: u32 = 0;
let dead: u32 = 0;
let deadLast: u32 = 0;
let deadCount: u32 = 0;
let dying: u32 = 0;
let dyingLast: u32 = 0;
let sweepBand: u32 = bandsMax;
let sweepBucket: u32 = 0;
let sweepPrevious: u32 = 0;

export function emptyChains(): void {
  for (let band: u32 = 0; band < bands; band++) unchecked((bandBits[band] = bandBitsMin));
}

export function bitsOf(band: u32): u32 {
  return unchecked(bandBits[band]);
}

export function splitsOf(band: u32): u32 {
  return unchecked(splits[band]);
}

/** The rest of the bucket's chain that is not yet in either half. */
export function unsplitIn(band: u32, bucket: u32): u32 {
  return unsplit != 0 && band == doublingBand && bucket + 1 == splitsOf(band) ? unsplit : 0;
}

function bucketOf(band: u32, value: u32): u32 {
  const bits = bitsOf(band);
  const bucket = value & ((1 << bits) - 1);
  return bucket < splitsOf(band) ? value & ((2 << bits) - 1) : bucket;
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
    if (slotEnd >= slotsMax || !reserve(slotEnd + 1)) return -1;
    slotEnd++;
  }
  return <i32>slot;
}

/** Claims so many new slots behind all others; -1 when there is no room. */
export function claimRange(count: u32): i32 {
  const first = slotEnd;
  if (count > slotsMax - first || !reserve(first + count)) return -1;
  slotEnd += count;
  return <i32>first;
}

export function holdRange(first: u32, count: u32): void {
  for (let slot = first; slot < first + count; slot++) setHeld(slot, true);
  size += count;
}

export function linkIntoChains(slot: u32): void {
  for (let band: u32 = 0; band < bands; band++) {
    push(band, slot);
    crowd(band, bandValue(slot, band), 1);
  }
}

function crowd(band: u32, value: u32, change: i32): void {
  const at = crowdAt(band, value);
  store<i32>(at, load<i32>(at) + change);
}

/** Links many held codes band by band: one directory at a time stays in the cache, which is thrice as fast as code by code. */
export function linkRange(first: u32, end: u32): void {
  for (let band: u32 = 0; band < bands; band++) {
    const doubling = splitsOf(band) != 0;
    const low = ((<u32>1) << bitsOf(band)) - 1;
    for (let slot = first; slot < end; slot++) {
      if (!isHeld(slot)) continue;
      const value = bandValue(slot, band);
      pushTo(band, slot, doubling ? bucketOf(band, value) : value & low);
      crowd(band, value, 1);
    }
  }
}

function push(band: u32, slot: u32): void {
  pushTo(band, slot, bucketOf(band, bandValue(slot, band)));
}

function pushTo(band: u32, slot: u32, bucket: u32): void {
  setLink(slot, band, swapHead(band, bucket, slot + 1));
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
  let unlinked = true;
  for (let band: u32 = 0; band < bands; band++) {
    if (!unlink(band, slot)) unlinked = false;
    crowd(band, bandValue(slot, band), -1);
  }
  if (unlinked) freeSlot(slot);
  else bury(slot);
  return true;
}

function bury(slot: u32): void {
  store<u32>(audienceOf(slot), dead);
  if (dead == 0) deadLast = slot;
  dead = slot + 1;
  deadCount++;
}

function unlink(band: u32, slot: u32): bool {
  if (band == sweepBand && sweepPrevious == slot + 1) sweepPrevious = 0;
  const value = bandValue(slot, band);
  const bucket = bucketOf(band, value);
  const first = headOf(band, bucket);
  if (first == slot + 1) {
    setHead(band, bucket, linkOf(slot, band));
    return true;
  }
  return unlinkBehind(band, slot, first) || unlinkUnsplit(band, slot, value);
}

function unlinkUnsplit(band: u32, slot: u32, value: u32): bool {
  const first = unsplitIn(band, value & ((1 << bitsOf(band)) - 1));
  if (first == 0) return false;
  if (first != slot + 1) return unlinkBehind(band, slot, first);
  unsplit = linkOf(slot, band);
  return true;
}

function unlinkBehind(band: u32, slot: u32, first: u32): bool {
  let previous = first;
  for (let step: u32 = 0; previous != 0 && step < unlinkStepsMax; step++) {
    const link = linkOf(previous - 1, band);
    if (link == slot + 1) {
      setLink(previous - 1, band, linkOf(slot, band));
      return true;
    }
    previous = link;
  }
  return false;
}

/** Does so many steps of the work that keeps chains short: splits buckets, then sweeps dead codes out. */
export function tend(steps: u32): void {
  for (let step: u32 = 0; step < steps; step++) {
    if (shouldDouble(size)) split();
    else if (!sweep()) return;
  }
}

/** Doubles directories at once, as far as so many codes deserve; before the first slot is claimed that takes no time. */
export function widen(count: u32): void {
  while (shouldDouble(count)) {
    if (slotEnd == 0) endDoubling();
    else split();
  }
}

function shouldDouble(count: u32): bool {
  if (isDoubling()) return true;
  const bits = bitsOf(doublingBand);
  let bytes = directoryBytes(bits);
  for (let band: u32 = 0; band < bands; band++) bytes += directoryBytes(bitsOf(band));
  return bits < bandBitsMax && bytes * 10 <= codesProvidedFor(count) * directoryTenthsPerCode;
}

function codesProvidedFor(count: u32): u64 {
  return bands == bandsMax ? <u64>count * roomyFactor : count;
}

function isDoubling(): bool {
  return unsplit != 0 || splitsOf(doublingBand) != 0;
}

function endDoubling(): void {
  unchecked((bandBits[doublingBand] = bitsOf(doublingBand) + 1));
  unchecked((splits[doublingBand] = 0));
  doublingBand = (doublingBand + 1) % bands;
}

function split(): void {
  const band = doublingBand;
  const bits = bitsOf(band);
  const done = splitsOf(band);
  if (unsplit != 0) {
    const slot = unsplit - 1;
    unsplit = linkOf(slot, band);
    push(band, slot);
  } else if (done == 1 << bits) {
    endDoubling();
  } else {
    unsplit = headOf(band, done);
    setHead(band, done, 0);
    unchecked((splits[band] = done + 1));
    if (band == sweepBand && done == sweepBucket) sweepPrevious = 0;
  }
}

/** One step of the sweep; `false` when there is nothing to sweep. Never runs while a bucket is half split. */
function sweep(): bool {
  if (sweepBand >= bands && !beginSweep()) return false;
  const before = sweepPrevious;
  const link = before == 0 ? headOf(sweepBand, sweepBucket) : linkOf(before - 1, sweepBand);
  if (link == 0) {
    sweepNextBucket();
  } else if (isHeld(link - 1)) {
    sweepPrevious = link;
  } else if (before == 0) {
    setHead(sweepBand, sweepBucket, linkOf(link - 1, sweepBand));
  } else {
    setLink(before - 1, sweepBand, linkOf(link - 1, sweepBand));
  }
  return true;
}

function beginSweep(): bool {
  if (deadCount <= 1024 + (size >> 4)) return false;
  dying = dead;
  dyingLast = deadLast;
  dead = 0;
  deadCount = 0;
  sweepBand = 0;
  sweepBucket = 0;
  sweepPrevious = 0;
  return true;
}

function sweepNextBucket(): void {
  sweepPrevious = 0;
  sweepBucket++;
  if (sweepBucket < (1 << bitsOf(sweepBand)) + splitsOf(sweepBand)) return;
  sweepBucket = 0;
  sweepBand++;
  if (sweepBand < bands) return;
  store<u32>(audienceOf(dyingLast), free);
  free = dying;
}
