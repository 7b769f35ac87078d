// A query walks through the buckets around its own value in every band, and compares the codes whose postings are near.
//
// Memory latency is all that costs here, so no load waits for another where that can be: a walk gathers the directory's entries
// first, then the postings, then the codes. WebAssembly has no prefetch. A processor keeps more loads from memory under way when
// nothing waits for what they bring, so what is needed next is loaded twice, first for the sake of the cache alone. It looks some
// hundred instructions ahead for such loads: in one loop with the reckoning of where to read, a query took 1.2 times as long.

import { endOf, guessIn, isInOrder, isUntidy, none, postingsOf, summaryOf, toldBits, wordsOf } from "./bucket";
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
import { masksEnd, masksOf } from "./order";
import { arrange, bitsOf, bitsTold, fetchBuckets, lowBitsOf, splitsOf, tagOf } from "./postings";

/** Farther rings are too many buckets to fetch before a walk is planned. */
const likelyRadiusMax: i32 = 2;
/** Postings of a bucket that are loaded ahead. */
const fetchedMax: usize = 128;
/** What finding those of one tag in a bucket in order costs, in postings read. */
const postingsPerLine: u32 = 16;

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
      if (leaderOf(query, each) != query) continue;
      fetchRings(each, value);
      beginWalk(query, each, -1);
    }
  }
  const limit = affordable(queryCount);
  let cost = costOfPlans(queryCount);
  for (let query: u32 = 0; query < queryCount && cost <= limit; query++) cost += allot(query, radius, limit - cost);
  return cost <= limit;
}

/** How far walks are likely to go: so much of the directories is fetched before it is needed to plan. */
function likelyRadius(): i32 {
  return min(radius / <i32>bands, likelyRadiusMax);
}

/** Done for one band after another with nothing between, so that many loads are under way at a time. */
function fetchRings(ofBand: u32, value: u32): void {
  for (let ring = 0; ring <= likelyRadius(); ring++) fetchBuckets(ofBand, value, ring);
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
  locate();
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

// A probe is eight words: the bucket, what its summary says of the value sought, what postings tell when they are of that value, by how
// many of those bits they may differ, where in a bucket in order those of just that tag are likely to be (0 when all must be read),
// and the bucket's number.

function probeAt(probe: u32): usize {
  return probes + ((<usize>probe) << 5);
}

/** Lists the buckets that hold anything near the value. */
function listProbes(): void {
  probeCount = 0;
  for (let flips = likelyRadius() + 1; flips <= farthest; flips++) fetchBuckets(band, sought, flips);
  for (let flips: i32 = 0; flips <= farthest; flips++) listRing(flips);
}

function listRing(flips: i32): void {
  const bits = bitsOf(band);
  const splitBelow = splitsOf(band);
  const low = sought & lowBitsOf(band);
  const tag = tagOf(sought, bits);
  const summary = summaryOf(tag, toldBits(bits));
  const end = masksEnd(bits, flips);
  for (let at = masksOf(flips); at < end; at += 4) {
    const bucket = low ^ load<u32>(at);
    if (bucket < splitBelow) listHalves(bucket, flips);
    else list(bucket, tag, summary, farthest - flips);
  }
}

/** A bucket that was split goes by one bit more. */
function listHalves(bucket: u32, flips: i32): void {
  const bits = bitsOf(band);
  const tag = tagOf(sought, bits + 1);
  const summary = summaryOf(tag, toldBits(bits + 1));
  const bit = (sought >> bits) & 1;
  list(bucket | (bit << bits), tag, summary, farthest - flips);
  if (flips < farthest) list(bucket | ((bit ^ 1) << bits), tag, summary, farthest - flips - 1);
}

function list(number: u32, tag: u32, summary: u64, left: i32): void {
  const bucket = load<u64>(bucketAt(band, number));
  const at = probeAt(probeCount);
  store<u64>(at, bucket);
  store<u64>(at, summary, 8);
  store<u32>(at, tag, 16);
  store<i32>(at, left, 20);
  store<u32>(at, number, 28);
  probeCount += <u32>((bucket & select<u64>(summary, -1, left == 0)) != 0);
}

/** Reckons where to read in each bucket. */
function locate(): void {
  postingCount = 0;
  const end = probeAt(probeCount);
  for (let probe = probes; probe < end; probe += 32) {
    const bucket = load<u64>(probe);
    const located = load<i32>(probe, 20) == 0 && isInOrder(bucket);
    store<u32>(probe, located ? <u32>guessIn(bucket, load<u64>(probe, 8)) : 0, 24);
    postingCount += located ? postingsPerLine : wordsOf(bucket);
  }
}

function fetchPostings(): void {
  const end = probeAt(probeCount);
  for (let probe = probes; probe < end; probe += 32) {
    const guess = <usize>load<u32>(probe, 24);
    if (guess != 0) load<u32>(guess);
    else fetchAll(postingsOf(load<u64>(probe)), endOf(load<u64>(probe)));
  }
}

/** Of a crowded bucket the processor fetches the rest by itself. */
function fetchAll(first: usize, end: usize): void {
  const last = min(end, first + fetchedMax * 4) - 4;
  for (let at = first; at < last; at += 64) load<u32>(at);
  load<u32>(last);
}

/** Notes the slots of the near postings in a bucket. */
function lookInto(probe: usize): bool {
  const bucket = load<u64>(probe);
  const first = postingsOf(bucket);
  const end = endOf(bucket);
  const tag = load<u32>(probe, 16);
  const guess = <usize>load<u32>(probe, 24);
  if (guess != 0) return takeEqual(first, end, tag, guess);
  if (!takeNear(first, end, tag, load<i32>(probe, 20))) return false;
  if (isUntidy(bucket)) arrange(band, load<u32>(probe, 28));
  return true;
}

// Postings are read from multiples of 16 or 64 bytes, so that no load is for two lines: some may be a neighbour's.

/** Line by line, from where the tag is likely to be: back to where it begins, then on to where it ends. */
function takeEqual(first: usize, end: usize, tag: u32, guess: usize): bool {
  const told = tag >> slotBits;
  let at = guess & ~63;
  while (at > first && load<u32>(at) >> slotBits >= told) at -= 64;
  for (; at < end; at += 64) {
    const equal = equalAmong16(at, told);
    if (equal != 0 && !take(at, equal & within(at, first, end))) return false;
    if (load<u32>(at, 60) >> slotBits > told) break;
  }
  return true;
}

function equalAmong16(at: usize, told: u32): i32 {
  const tags = i32x4.splat(told);
  const some = i16x8.narrow_i32x4_s(equalAmong4(at, tags), equalAmong4(at + 16, tags));
  const others = i16x8.narrow_i32x4_s(equalAmong4(at + 32, tags), equalAmong4(at + 48, tags));
  return i8x16.bitmask(i8x16.narrow_i16x8_s(some, others));
}

function equalAmong4(at: usize, tags: v128): v128 {
  return v128.eq<i32>(v128.shr<u32>(v128.load(at), slotBits), tags);
}

function takeNear(first: usize, end: usize, tag: u32, left: i32): bool {
  const tags = i32x4.splat(tag);
  const lefts = i32x4.splat(left);
  for (let at = first & ~15; at < end; at += 16) {
    const differing = v128.popcnt<i8>(v128.shr<u32>(v128.xor(v128.load(at), tags), slotBits));
    const near = i32x4.bitmask(v128.le<i32>(differing, lefts));
    if (near != 0 && !take(at, near & within(at, first, end))) return false;
  }
  return true;
}

/** Which of up to 16 postings at `at` belong to an extent. */
function within(at: usize, first: usize, end: usize): i32 {
  const before = first > at ? <i32>(first - at) >> 2 : 0;
  const inside = min<usize>(end - at, 64) >> 2;
  return (-1 << before) & ((1 << (<i32>inside)) - 1);
}

/** Of the postings at `at` those whose bit is set. */
function take(at: usize, which: i32): bool {
  for (let rest = which; rest != 0; rest &= rest - 1) {
    if (!meet(load<u32>(at + ((<usize>ctz(rest)) << 2)))) return false;
  }
  return true;
}

/** Notes a posting's slot, unless it stands for none. */
function meet(posting: u32): bool {
  store<u32>(met + ((<usize>metCount) << 2), posting & slotMask);
  metCount += <u32>(posting != none);
  return metCount < metMax || compareMet();
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
