// A query walks through the buckets around its own value in every band, and compares the codes whose postings are near.
//
// Memory latency is all that costs here, so no load waits for another where that can be: a walk gathers the directory's entries
// first, then the postings, then the codes. WebAssembly has no prefetch. A processor keeps more loads from memory under way when
// nothing waits for what they bring, so what is needed next is loaded twice, first for the sake of the cache alone.

import {
  affordable,
  allot,
  beginWalk,
  costOfCandidates,
  costOfLooks,
  costOfPlans,
  follow,
  leaderOf,
  mostSpent,
  radiusOf,
  walksAlone,
} from "./budget";
import { found, foundCount, overflown, reach } from "./found";
import {
  audienceOf,
  bandIn,
  bands,
  bandsMax,
  bandValue,
  bandValues,
  bucketAt,
  codeOf,
  distance,
  group,
  halfDistance,
  heldAround,
  isHeld,
  met,
  metMax,
  probes,
  queries,
  slotBits,
  slotMask,
} from "./layout";
import { choose, masksOf } from "./order";
import { bitsOf, bitsTold, countIn, lowBitsOf, postingsOf, splitsOf, tagOf } from "./postings";

/** Postings of a bucket that are loaded ahead. */
const fetchedMax: u32 = 128;

let queryCount: u32 = 0;
let viewer: u32 = 0;
let radius: i32 = 0;
/** Nanoseconds that the walks so far are taken to have cost, and those they may cost. */
let spent: f32 = 0;
let most: f32 = 0;
// The walk that is being done.
let leader: u32 = 0;
let band: u32 = 0;
let sought: u32 = 0;
let farthest: i32 = 0;
let probeCount: u32 = 0;
let postingCount: u32 = 0;
let metCount: u32 = 0;
let members: u32 = 0;

export function beginQuery(count: u32, within: i32, asker: u32): void {
  queryCount = count;
  radius = within;
  viewer = asker;
}

/** Finds by walks; `false` when comparing every code is the better or the only way. */
export function walkAll(): bool {
  if (!plan()) return false;
  spent = 0;
  most = mostSpent(queryCount);
  for (band = 0; band < bands; band++) {
    for (leader = 0; leader < queryCount; leader++) {
      if (leaderOf(leader, band) != leader || radiusOf(leader, band) < 0) continue;
      if (!walk()) return false;
    }
  }
  return true;
}

/** Chooses who walks and how far; `false` when comparing every code is expected to cost less. */
function plan(): bool {
  for (let query: u32 = 0; query < queryCount; query++) {
    for (let each: u32 = 0; each < bands; each++) {
      const value = bandIn(queryAt(query), each);
      store<u32>(valueAt(query, each), value);
      follow(query, each, firstOfValue(each, value));
      if (leaderOf(query, each) == query) beginWalk(query, each, -1);
    }
  }
  const limit = affordable(queryCount);
  let cost = costOfPlans(queryCount);
  for (let query: u32 = 0; query < queryCount && cost <= limit; query++) cost += allot(query, radius, limit - cost);
  return cost <= limit;
}

function queryAt(query: u32): usize {
  return queries + ((<usize>query) << 5);
}

function valueAt(query: u32, ofBand: u32): usize {
  return bandValues + ((<usize>(query * bandsMax + ofBand)) << 2);
}

function firstOfValue(ofBand: u32, value: u32): u32 {
  let first: u32 = 0;
  while (load<u32>(valueAt(first, ofBand)) != value) first++;
  return first;
}

/** Meets the codes around the leader's value; `false` when that comes to cost more than comparing every code. */
function walk(): bool {
  sought = load<u32>(valueAt(leader, band));
  farthest = radiusOf(leader, band);
  members = walksAlone(leader, band) ? 0 : listGroup();
  listProbes();
  spent += costOfLooks(probeCount, postingCount);
  if (spent > most) return false;
  fetchPostings();
  metCount = 0;
  for (let probe: u32 = 0; probe < probeCount; probe++) if (!lookInto(probeAt(probe))) return false;
  return compareMet();
}

/** Lists the queries of the leader's value, for which it walks; returns their number. */
function listGroup(): u32 {
  let count: u32 = 0;
  for (let query = leader; query < queryCount; query++) {
    if (leaderOf(query, band) != leader) continue;
    store<u32>(group + ((<usize>count) << 2), <u32>queryAt(query));
    count++;
  }
  return count;
}

// A probe is four words: where a bucket's postings lie, how many they are, what they tell when they are of the value sought, and
// by how many of those bits they may differ.

function probeAt(probe: u32): usize {
  return probes + ((<usize>probe) << 4);
}

/** Lists the buckets that hold anything near the value. */
function listProbes(): void {
  probeCount = 0;
  postingCount = 0;
  for (let flips: i32 = 0; flips <= farthest; flips++) fetchBuckets(flips);
  for (let flips: i32 = 0; flips <= farthest; flips++) listRing(flips);
}

function fetchBuckets(flips: u32): void {
  const low = sought & lowBitsOf(band);
  const end = masksEnd(flips);
  for (let at = masksOf(flips); at < end; at += 4) load<u64>(bucketAt(band, low ^ load<u32>(at)));
}

function masksEnd(flips: u32): usize {
  return masksOf(flips) + ((<usize>choose(bitsOf(band), flips)) << 2);
}

function listRing(flips: i32): void {
  const bits = bitsOf(band);
  const splitBelow = splitsOf(band);
  const low = sought & lowBitsOf(band);
  const tag = tagOf(sought, bits);
  const end = masksEnd(flips);
  for (let at = masksOf(flips); at < end; at += 4) {
    const bucket = low ^ load<u32>(at);
    if (bucket < splitBelow) listHalves(bucket, flips);
    else list(bucket, tag, farthest - flips);
  }
}

/** A bucket that was split goes by one bit more. */
function listHalves(bucket: u32, flips: i32): void {
  const bits = bitsOf(band);
  const tag = tagOf(sought, bits + 1);
  const bit = (sought >> bits) & 1;
  list(bucket | (bit << bits), tag, farthest - flips);
  if (flips < farthest) list(bucket | ((bit ^ 1) << bits), tag, farthest - flips - 1);
}

function list(number: u32, tag: u32, left: i32): void {
  const bucket = load<u64>(bucketAt(band, number));
  const at = probeAt(probeCount);
  const count = countIn(bucket);
  store<u32>(at, <u32>postingsOf(bucket));
  store<u32>(at, count, 4);
  store<u32>(at, tag, 8);
  store<i32>(at, left, 12);
  postingCount += count;
  probeCount += <u32>(count != 0);
}

/** Of a crowded bucket the processor fetches the rest by itself. */
function fetchPostings(): void {
  const end = probeAt(probeCount);
  for (let probe = probes; probe < end; probe += 16) {
    const first = <usize>load<u32>(probe);
    const last = first + ((<usize>(min(load<u32>(probe, 4), fetchedMax) - 1)) << 2);
    for (let at = first; at < last; at += 64) load<u32>(at);
    load<u32>(last);
  }
}

/** Notes the slots of the near postings in a bucket, four postings at a time. */
function lookInto(probe: usize): bool {
  const first = <usize>load<u32>(probe);
  const end = first + ((<usize>load<u32>(probe, 4)) << 2);
  const whole = end - ((end - first) & 15);
  const tag = load<u32>(probe, 8);
  const left = load<i32>(probe, 12);
  if (!(left == 0 ? takeEqual(first, whole, tag) : takeNear(first, whole, tag, left))) return false;
  for (let at = whole; at < end; at += 4) {
    const posting = load<u32>(at);
    if (<i32>popcnt((posting ^ tag) >> slotBits) <= left && !meet(posting)) return false;
  }
  return true;
}

function takeEqual(first: usize, end: usize, tag: u32): bool {
  const tags = i32x4.splat(tag >> slotBits);
  for (let at = first; at < end; at += 16) {
    const equal = i32x4.bitmask(v128.eq<i32>(v128.shr<u32>(v128.load(at), slotBits), tags));
    if (equal != 0 && !take(at, equal)) return false;
  }
  return true;
}

function takeNear(first: usize, end: usize, tag: u32, left: i32): bool {
  const tags = i32x4.splat(tag);
  const lefts = i32x4.splat(left);
  for (let at = first; at < end; at += 16) {
    const differing = v128.popcnt<i8>(v128.shr<u32>(v128.xor(v128.load(at), tags), slotBits));
    const near = i32x4.bitmask(v128.le<i32>(differing, lefts));
    if (near != 0 && !take(at, near)) return false;
  }
  return true;
}

/** Of four postings those whose bit is set. */
function take(at: usize, which: i32): bool {
  for (let rest = which; rest != 0; rest &= rest - 1) {
    if (!meet(load<u32>(at + ((<usize>ctz(rest)) << 2)))) return false;
  }
  return true;
}

function meet(posting: u32): bool {
  store<u32>(met + ((<usize>metCount) << 2), posting & slotMask);
  return ++metCount < metMax || compareMet();
}

/** Compares the codes that were met so far; `false` when that comes to cost more than comparing every code. */
function compareMet(): bool {
  const end = met + ((<usize>metCount) << 2);
  spent += costOfCandidates(metCount);
  metCount = 0;
  if (spent > most) return false;
  for (let at = met; at < end; at += 4) load<u64>(codeOf(load<u32>(at)));
  const query = queryAt(leader);
  for (let at = met; at < end; at += 4) {
    const slot = load<u32>(at);
    const code = codeOf(slot);
    if (members == 0 ? halfDistance(code, query) <= radius : isNearAny(code)) consider(slot, code);
  }
  return !overflown;
}

function isNearAny(code: usize): bool {
  for (let i: u32 = 0; i < members; i++) {
    if (halfDistance(code, <usize>load<u32>(group + ((<usize>i) << 2))) <= radius) return true;
  }
  return false;
}

function consider(slot: u32, code: usize): void {
  let nearest: i32 = radius + 1;
  let nearestQuery: u32 = 0;
  let foundHere = false;
  for (let query: u32 = 0; query < queryCount; query++) {
    const bits = distance(code, queryAt(query));
    if (bits > radius) continue;
    if (wasFoundBefore(slot, query)) return;
    if (leaderOf(query, band) == leader) foundHere = true;
    if (bits >= nearest) continue;
    nearest = bits;
    nearestQuery = query;
  }
  if (foundHere && nearest <= reach && isSeen(slot)) found(slot, nearest, nearestQuery);
}

/** Whether this query met the code in an earlier walk: told from the code itself, so no list of visits is kept. */
function wasFoundBefore(slot: u32, query: u32): bool {
  for (let earlier: u32 = 0; earlier < band; earlier++) if (isMet(slot, query, earlier)) return true;
  return leaderOf(query, band) < leader && isMet(slot, query, band);
}

function isMet(slot: u32, query: u32, ofBand: u32): bool {
  const value = bandValue(slot, ofBand);
  const told = ((<u32>1) << bitsTold(ofBand, value)) - 1;
  return <i32>popcnt((value ^ load<u32>(valueAt(query, ofBand))) & told) <= radiusOf(query, ofBand);
}

function isSeen(slot: u32): bool {
  const audience = load<u32>(audienceOf(slot));
  return isHeld(slot) && (audience == 0 || audience == viewer);
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
  const row = codeOf(first);
  for (let i: u32 = 0; i < 64; i++) {
    const code = row + ((<usize>i) << 5);
    if (halfDistance(code, queries) > reach) continue;
    const bits = distance(code, queries);
    if (bits <= reach && isSeen(first + i)) found(first + i, bits, 0);
  }
}

function scanRowForMany(first: u32): void {
  const row = codeOf(first);
  for (let i: u32 = 0; i < 64; i++) {
    const code = row + ((<usize>i) << 5);
    let nearest: i32 = reach + 1;
    let nearestQuery: u32 = 0;
    for (let query: u32 = 0; query < queryCount; query++) {
      if (halfDistance(code, queryAt(query)) >= nearest) continue;
      const bits = distance(code, queryAt(query));
      if (bits >= nearest) continue;
      nearest = bits;
      nearestQuery = query;
    }
    if (nearest <= reach && isSeen(first + i)) found(first + i, nearest, nearestQuery);
  }
}
