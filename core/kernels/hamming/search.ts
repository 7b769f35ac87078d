// A query walks the chains of every bucket within its bands' radii.
//
// Memory latency is all that costs here, so no load waits for another where that can be: the heads of all buckets of a band
// are gathered first, then the chains are walked in step, one link of each a round, and what comes is the codes themselves.

import {
  affordable,
  allot,
  beginWalk,
  candidatesMax,
  follow,
  leaderOf,
  radiusOf,
  roundCandidatesMin,
  walksAlone,
} from "./budget";
import { bitsOf, splitsOf, unsplitIn } from "./chains";
import { found, foundCount, overflown, reach } from "./found";
import {
  audienceOf,
  bandIn,
  bandRadiusMax,
  bands,
  bandsMax,
  bandValue,
  bandValues,
  distance,
  frontier,
  frontierLinks,
  group,
  headOf,
  heldAround,
  isHeld,
  lineOf,
  linkBitsMask,
  linkPlace,
  linkShift,
  queries,
  walks,
  wordOf,
} from "./layout";
import { choose, masksOf } from "./order";

let queryCount: u32 = 0;
let viewer: u32 = 0;
let radius: i32 = 0;
let candidates: u32 = 0;
let walkCount: u32 = 0;
let frontierEnd: u32 = 0;
const walksMax: u32 = 64;

export function beginQuery(count: u32, within: i32, asker: u32): void {
  queryCount = count;
  radius = within;
  viewer = asker;
}

/** Finds by the chains; `false` when comparing every code is the better or the only way. */
export function walkChains(): bool {
  if (!plan()) return false;
  candidates = 0;
  for (let band: u32 = 0; band < bands; band++) {
    for (let query: u32 = 0; query < queryCount; query++) {
      if (leaderOf(query, band) != query || radiusOf(query, band) < 0) continue;
      if (!hasRoom(band) && !walkTogether()) return false;
      enlist(query, band);
    }
  }
  return walkTogether();
}

/** Chooses who walks and how far; `false` when comparing every code is expected to cost less. */
function plan(): bool {
  for (let query: u32 = 0; query < queryCount; query++) {
    for (let band: u32 = 0; band < bands; band++) {
      const value = queryValue(query, band);
      store<u32>(valueAt(query, band), value);
      follow(query, band, firstOfValue(band, value));
      if (leaderOf(query, band) == query) beginWalk(query, band, -1);
    }
  }
  const most = affordable(queryCount);
  let cost: f32 = 0;
  for (let query: u32 = 0; query < queryCount && cost <= most; query++) cost += allot(query, radius, most - cost);
  return cost <= most;
}

function queryAt(query: u32): usize {
  return queries + ((<usize>query) << 5);
}

function valueAt(query: u32, band: u32): usize {
  return bandValues + ((<usize>(query * bandsMax + band)) << 2);
}

function queryValue(query: u32, band: u32): u32 {
  const word = load<u64>(queryAt(query) + ((<usize>wordOf(band)) << 3));
  return bandIn(word, band) & lowBits(band);
}

function lowBits(band: u32): u32 {
  return ((<u32>1) << bitsOf(band)) - 1;
}

function firstOfValue(band: u32, value: u32): u32 {
  let first: u32 = 0;
  while (load<u32>(valueAt(first, band)) != value) first++;
  return first;
}

// A walk is of one band around one value. Its chains' next links stand in the frontier from `first` on, so many as `count`.

function walkAt(walk: u32): usize {
  return walks + ((<usize>walk) << 4);
}

function hasRoom(band: u32): bool {
  return walkCount < walksMax && frontierEnd + 3 * choose(bitsOf(band) + bandRadiusMax, bandRadiusMax) <= frontierLinks;
}

/** Lists the first links of all buckets around the value of the leading query. */
function enlist(leader: u32, band: u32): void {
  const value = load<u32>(valueAt(leader, band));
  const farthest = radiusOf(leader, band);
  const first = frontierEnd;
  for (let flips: i32 = 0; flips <= farthest; flips++) fetchHeads(band, value, flips);
  for (let flips: i32 = 0; flips <= farthest; flips++) listHeads(band, value, flips);
  if (frontierEnd == first) return;
  const at = walkAt(walkCount++);
  store<u32>(at, leader);
  store<u32>(at, band, 4);
  store<u32>(at, first, 8);
  store<u32>(at, frontierEnd - first, 12);
}

// WebAssembly has no prefetch. A processor keeps more loads from memory under way when nothing waits for what they bring;
// comparing and listing fill its queues after a few. So what is needed next is loaded twice, first for the sake of the cache
// alone: 0.60 of a query's time at a million codes, 0.46 on image-like ones.

function fetchHeads(band: u32, value: u32, flips: u32): void {
  const end = masksEnd(band, flips);
  for (let at = masksOf(flips); at < end; at += 4) headOf(band, value ^ load<u32>(at));
}

function fetchLines(walk: usize): void {
  const links = frontier + ((<usize>load<u32>(walk, 8)) << 2);
  const end = links + ((<usize>load<u32>(walk, 12)) << 2);
  for (let at = links; at < end; at += 4) load<u64>(lineOf(load<u32>(at) - 1));
}

function masksEnd(band: u32, flips: u32): usize {
  return masksOf(flips) + ((<usize>choose(bitsOf(band), flips)) << 2);
}

function listHeads(band: u32, value: u32, flips: u32): void {
  const doubling = splitsOf(band) != 0;
  const end = masksEnd(band, flips);
  for (let at = masksOf(flips); at < end; at += 4) {
    const bucket = value ^ load<u32>(at);
    frontierEnd = listed(frontierEnd, headOf(band, bucket));
    if (doubling) frontierEnd = listHalf(band, bucket, frontierEnd);
  }
}

/** A directory that is doubling has the codes of one bucket in up to three chains. */
function listHalf(band: u32, bucket: u32, end: u32): u32 {
  if (bucket >= splitsOf(band)) return end;
  const other = listed(end, headOf(band, bucket | ((<u32>1) << bitsOf(band))));
  return listed(other, unsplitIn(band, bucket));
}

function listed(end: u32, link: u32): u32 {
  store<u32>(frontier + ((<usize>end) << 2), link);
  return end + <u32>(link != 0);
}

/** Goes all walks that were enlisted to their ends; `false` when that comes to cost more than comparing every code. */
function walkTogether(): bool {
  const most = candidatesMax(queryCount);
  while (walkCount > 0) {
    let met: u32 = 0;
    let left: u32 = 0;
    for (let walk: u32 = 0; walk < walkCount; walk++) fetchLines(walkAt(walk));
    for (let walk: u32 = 0; walk < walkCount; walk++) {
      const at = walkAt(walk);
      met += load<u32>(at, 12);
      step(at);
      if (load<u32>(at, 12) == 0) continue;
      memory.copy(walkAt(left++), at, 16);
    }
    walkCount = left;
    candidates += max(met, roundCandidatesMin);
    if (candidates > most || overflown) {
      walkCount = 0;
      break;
    }
  }
  frontierEnd = 0;
  return candidates <= most && !overflown;
}

/** Looks at the next code of each of a walk's chains. */
function step(walk: usize): void {
  const leader = load<u32>(walk);
  const band = load<u32>(walk, 4);
  const links = frontier + ((<usize>load<u32>(walk, 8)) << 2);
  const end = links + ((<usize>load<u32>(walk, 12)) << 2);
  const q0 = load<u64>(queryAt(leader));
  const q1 = load<u64>(queryAt(leader), 8);
  const alone = walksAlone(leader, band);
  const members = alone ? 1 : listGroup(leader, band);
  const place = linkPlace(band);
  const shift = linkShift(band);
  const mask = linkBitsMask();
  let next = links;
  for (let at = links; at < end; at += 4) {
    const slot = load<u32>(at) - 1;
    const line = lineOf(slot);
    const link = <u32>((load<u64>(line + place) >> shift) & mask);
    store<u32>(next, link);
    next += (<usize>(link != 0)) << 2;
    if (alone) {
      const half = <i32>popcnt(load<u64>(line) ^ q0) + <i32>popcnt(load<u64>(line, 8) ^ q1);
      if (half <= radius) consider(slot, leader, band);
    } else if (isNearAny(line, members)) {
      consider(slot, leader, band);
    }
  }
  store<u32>(walk, <u32>((next - links) >> 2), 12);
}

/** Lists the queries of the leader's value, for which it walks; returns their number. */
function listGroup(leader: u32, band: u32): u32 {
  let count: u32 = 0;
  for (let query = leader; query < queryCount; query++) {
    if (leaderOf(query, band) != leader) continue;
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
  return (
    <i32>popcnt((bandValue(slot, band) & lowBits(band)) ^ load<u32>(valueAt(query, band))) <= radiusOf(query, band)
  );
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
