// A query walks the chains of every bucket within its bands' radii.
//
// Memory latency is all that costs here, so no load waits for another where that can be: the heads of all buckets of a band
// are gathered first, then the chains are walked in step, one link of each a round, and what comes is the codes themselves.

import { allot, candidatesMax, radiusOf, roundCandidatesMin } from "./budget";
import { bitsOf, splitsOf, unsplitIn } from "./chains";
import { found, foundCount, overflown, reach } from "./found";
import {
  audienceOf,
  bandIn,
  bands,
  bandsPerWord,
  bandValue,
  bandValues,
  distance,
  frontier,
  group,
  headOf,
  heldAround,
  isHeld,
  lineOf,
  linkBitsMask,
  linkPlace,
  linkShift,
  queries,
} from "./layout";
import { choose, masksOf } from "./order";

let queryCount: u32 = 0;
let viewer: u32 = 0;
let radius: i32 = 0;
let candidates: u32 = 0;

export function beginQuery(count: u32, within: i32, asker: u32): void {
  queryCount = count;
  radius = within;
  viewer = asker;
}

/** Finds by the chains; `false` when comparing every code is the better or the only way. */
export function walkChains(): bool {
  let leaders: u32 = 0;
  for (let query: u32 = 0; query < queryCount; query++) {
    for (let band: u32 = 0; band < bands; band++) {
      store<u32>(valueAt(query, band), queryValue(query, band));
      if (leaderOf(query, band) == query) leaders++;
    }
  }
  if (!allot(radius, queryCount, <f64>leaders / <f64>bands)) return false;
  const most = candidatesMax(queryCount);
  candidates = 0;
  for (let band: u32 = 0; band < bands; band++) {
    for (let query: u32 = 0; query < queryCount && radiusOf(band) >= 0; query++) {
      if (leaderOf(query, band) != query) continue;
      if (!walk(gather(band, load<u32>(valueAt(query, band))), query, band)) return false;
      if (candidates > most || overflown) return false;
    }
  }
  return true;
}

function queryAt(query: u32): usize {
  return queries + ((<usize>query) << 5);
}

function valueAt(query: u32, band: u32): usize {
  return bandValues + ((<usize>(query * bands + band)) << 2);
}

function queryValue(query: u32, band: u32): u32 {
  const word = load<u64>(queryAt(query) + ((<usize>(band / bandsPerWord)) << 3));
  return bandIn(word, band) & lowBits(band);
}

function lowBits(band: u32): u32 {
  return ((<u32>1) << bitsOf(band)) - 1;
}

/** The first query of equal value in the band: it walks for all of them. */
function leaderOf(query: u32, band: u32): u32 {
  const value = load<u32>(valueAt(query, band));
  let leader: u32 = 0;
  while (load<u32>(valueAt(leader, band)) != value) leader++;
  return leader;
}

/** Lists the first links of all buckets around a value; returns their number. */
function gather(band: u32, value: u32): u32 {
  const doubling = splitsOf(band) != 0;
  let count: u32 = 0;
  for (let flips: i32 = 0; flips <= radiusOf(band); flips++) {
    let at = masksOf(flips);
    const end = at + ((<usize>choose(bitsOf(band), flips)) << 2);
    for (; at < end; at += 4) {
      const bucket = value ^ load<u32>(at);
      count = listed(count, headOf(band, bucket));
      if (doubling) count = gatherHalf(band, bucket, count);
    }
  }
  return count;
}

/** A directory that is doubling has the codes of one bucket in up to three chains. */
function gatherHalf(band: u32, bucket: u32, count: u32): u32 {
  if (bucket >= splitsOf(band)) return count;
  const other = listed(count, headOf(band, bucket | ((<u32>1) << bitsOf(band))));
  return listed(other, unsplitIn(band, bucket));
}

function listed(count: u32, link: u32): u32 {
  store<u32>(frontier + ((<usize>count) << 2), link);
  return count + <u32>(link != 0);
}

function walk(first: u32, leader: u32, band: u32): bool {
  const query = queryAt(leader);
  const q0 = load<u64>(query);
  const q1 = load<u64>(query, 8);
  const members = listGroup(leader, band);
  const place = linkPlace(band);
  const shift = linkShift(band);
  const mask = linkBitsMask();
  let count = first;
  while (count > 0) {
    let next: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const slot = load<u32>(frontier + ((<usize>i) << 2)) - 1;
      const line = lineOf(slot);
      next = listed(next, <u32>((load<u64>(line + place) >> shift) & mask));
      if (members == 1) {
        const half = <i32>popcnt(load<u64>(line) ^ q0) + <i32>popcnt(load<u64>(line, 8) ^ q1);
        if (half <= radius) consider(slot, leader, band);
      } else if (isNearAny(line, members)) {
        consider(slot, leader, band);
      }
    }
    candidates += max(count, roundCandidatesMin);
    count = next;
    if (candidates > candidatesMax(queryCount)) return false;
  }
  return true;
}

/** Lists the queries of the leader's value, for which it walks; returns their number. */
function listGroup(leader: u32, band: u32): u32 {
  const value = load<u32>(valueAt(leader, band));
  let count: u32 = 0;
  for (let query = leader; query < queryCount; query++) {
    if (load<u32>(valueAt(query, band)) != value) continue;
    store<u32>(group + ((<usize>count) << 2), <u32>queryAt(query));
    count++;
  }
  return count;
}

function isNearAny(line: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    if (halfDistance(line, <usize>load<u32>(group + ((<usize>i) << 2))) <= radius) return true;
  }
  return false;
}

function consider(slot: u32, leader: u32, band: u32): void {
  if (!isSeen(slot)) return;
  let nearest: i32 = radius + 1;
  let nearestQuery: u32 = 0;
  let foundHere = false;
  for (let query: u32 = 0; query < queryCount; query++) {
    const bits = distance(slot, queryAt(query));
    if (bits > radius) continue;
    if (wasFoundBefore(slot, query, leader, band)) return;
    if (leaderOf(query, band) == leader) foundHere = true;
    if (bits >= nearest) continue;
    nearest = bits;
    nearestQuery = query;
  }
  if (foundHere && nearest <= reach) found(slot, nearest, nearestQuery);
}

/** Whether this query met the code in an earlier walk: told from the code itself, so no list of visits is kept. */
function wasFoundBefore(slot: u32, query: u32, leader: u32, band: u32): bool {
  for (let earlier: u32 = 0; earlier < band; earlier++) if (isMet(slot, query, earlier)) return true;
  return leaderOf(query, band) < leader && isMet(slot, query, band);
}

function isMet(slot: u32, query: u32, band: u32): bool {
  return <i32>popcnt((bandValue(slot, band) & lowBits(band)) ^ load<u32>(valueAt(query, band))) <= radiusOf(band);
}

function isSeen(slot: u32): bool {
  const audience = load<u32>(audienceOf(slot));
  return isHeld(slot) && (audience == 0 || audience == viewer);
}

function halfDistance(line: usize, query: usize): i32 {
  return <i32>popcnt(load<u64>(line) ^ load<u64>(query)) + <i32>popcnt(load<u64>(line, 8) ^ load<u64>(query, 8));
}

/** Compares the codes of the slots from `begin` to before `end` with every query; `begin` is a multiple of 64. */
export function scanSlots(begin: u32, end: u32): u32 {
  for (let first = begin; first < end; first += 64) {
    if (heldAround(first) == 0) continue;
    if (queryCount == 1) scanRow(first);
    else scanRowForMany(first);
  }
  return foundCount;
}

function scanRow(first: u32): void {
  const q0 = load<u64>(queries);
  const q1 = load<u64>(queries, 8);
  const row = lineOf(first);
  for (let i: u32 = 0; i < 64; i++) {
    const line = row + ((<usize>i) << 6);
    if (<i32>popcnt(load<u64>(line) ^ q0) + <i32>popcnt(load<u64>(line, 8) ^ q1) > reach) continue;
    const bits = distance(first + i, queries);
    if (bits <= reach && isSeen(first + i)) found(first + i, bits, 0);
  }
}

function scanRowForMany(first: u32): void {
  const row = lineOf(first);
  for (let i: u32 = 0; i < 64; i++) {
    let nearest: i32 = reach + 1;
    let nearestQuery: u32 = 0;
    for (let query: u32 = 0; query < queryCount; query++) {
      if (halfDistance(row + ((<usize>i) << 6), queryAt(query)) >= nearest) continue;
      const bits = distance(first + i, queryAt(query));
      if (bits >= nearest) continue;
      nearest = bits;
      nearestQuery = query;
    }
    if (nearest <= reach && isSeen(first + i)) found(first + i, nearest, nearestQuery);
  }
}
