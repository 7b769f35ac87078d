// The kernel of the multi-index: codes, postings and a query's work all stay in this module's memory. One instance, one index.

import { arenaBytes } from "./hamming/arena";
import { insist } from "./hamming/budget";
import { checksumOf } from "./hamming/checksum";
import { beginFinding, foundCount, goOnFinding } from "./hamming/found";
import {
  audienceOf,
  bands,
  blockBytes,
  fixedBytes,
  layOut,
  packBlock,
  placeBlocks,
  queries,
  reordered,
  reserve,
  results,
  setCode,
  slotsMax,
  slotsPerBlock,
  stagedAudiences,
  staging,
  unpackBlock,
} from "./hamming/layout";
import { learnOrder, listMasks, reorder } from "./hamming/order";
import {
  adopt,
  announce,
  arrangeRange,
  arrivalBytes,
  beginPosting,
  bucketsOf,
  claim,
  claimRange,
  emptyBuckets,
  endPosting,
  holdRange,
  makeRoom,
  nextSlot,
  post,
  postRange,
  provide,
  remove as removeFromBuckets,
  size,
  slotEnd,
  tend,
  widen,
} from "./hamming/postings";
import { beginQuery, scanSlots, walkAll } from "./hamming/search";

/** Steps of upkeep that every change pays: some 2 µs. */
const stepsPerChange: i32 = 32;

export {
  adopt,
  announce,
  arrangeRange,
  beginPosting,
  endPosting,
  insist,
  nextSlot,
  postRange,
  provide,
  reserve,
  widen,
};

export function stagingAt(): usize {
  return staging;
}

export function stagedAudiencesAt(): usize {
  return stagedAudiences;
}

export function resultsAt(): usize {
  return results;
}

export function queriesAt(): usize {
  return queries;
}

/** Takes the memory of an empty index of so many bands, 11 or 16, with so many bits for a slot; `false` when there is none. */
export function open(bandCount: u32, bitsOfSlot: u32): bool {
  return layOut(bandCount, bitsOfSlot);
}

/** Starts the index; the order of the bits is in staging. */
export function begin(): void {
  listMasks();
  learnOrder(staging);
  emptyBuckets();
}

export function countHeld(): u32 {
  return size;
}

export function endOfSlots(): u32 {
  return slotEnd;
}

export function mostSlots(): u32 {
  return slotsMax;
}

/** Bytes that the index has written to: what it takes of the machine's memory, up to a page here and there. */
export function bytesUsed(): f64 {
  let bytes = fixedBytes() + arenaBytes() + <f64>arrivalBytes;
  for (let band: u32 = 0; band < bands; band++) bytes += <f64>bucketsOf(band) * 8;
  return bytes;
}

/** Takes in the code in staging; -1 when there is no room. */
export function add(audience: u32): i32 {
  reorder(staging, reordered);
  if (!makeRoom(reordered)) return -1;
  const slot = claim();
  if (slot < 0) return slot;
  setCode(slot, reordered);
  store<u32>(audienceOf(slot), audience);
  holdRange(slot, 1);
  post(slot);
  tend(stepsPerChange);
  return slot;
}

/** Takes in the codes and audiences in staging, behind all others, to be posted; returns the first slot, -1 when there is no room. */
export function addStaged(count: u32): i32 {
  const first = claimRange(count);
  if (first < 0) return first;
  for (let i: u32 = 0; i < count; i++) {
    reorder(staging + ((<usize>i) << 5), reordered);
    setCode(first + i, reordered);
    store<u32>(audienceOf(first + i), load<u32>(stagedAudiences + ((<usize>i) << 2)));
  }
  holdRange(first, count);
  return first;
}

export function remove(slot: u32): bool {
  const removed = removeFromBuckets(slot);
  if (removed) tend(stepsPerChange);
  return removed;
}

/** Begins a query with the codes at `queriesAt()`, and finds by walks: the count of results, or -1: scan. */
export function search(queryCount: u32, radius: i32, viewer: u32, limit: u32): i32 {
  for (let query: u32 = 0; query < queryCount; query++) {
    reorder(queries + ((<usize>query) << 5), queries + ((<usize>query) << 5));
  }
  beginQuery(queryCount, radius, viewer);
  beginFinding(radius, limit, false);
  return walkAll() ? <i32>foundCount : -1;
}

/** Begins the query of the last `search` again, to be answered by scanning every slot in order. */
export function beginScan(radius: i32, limit: u32): void {
  beginFinding(radius, limit, true);
}

/** Compares the codes from `begin`, a multiple of 64, to before `end`, at most as many as results fit; the count of results. */
export function scan(begin: u32, end: u32): u32 {
  goOnFinding();
  return scanSlots(begin, end);
}

/** Packs whole blocks into staging, which has room for 8. */
export function pack(firstBlock: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) packBlock(firstBlock + i, staging + <usize>i * blockBytes);
}

/** The inverse of `pack`; `adopt` then takes the slots over, to be posted. */
export function unpack(firstBlock: u32, count: u32): void {
  // There is room: it was reserved.
  placeBlocks((firstBlock + count) * slotsPerBlock);
  for (let i: u32 = 0; i < count; i++) unpackBlock(firstBlock + i, staging + <usize>i * blockBytes);
}

/** XXH64 of the first bytes of staging, continuing from the sum before. */
export function checksum(bytes: usize, seed: u64): u64 {
  return checksumOf(staging, bytes, seed);
}
