// A query walks through the buckets around its own value in every band, and compares the codes whose postings are near.
//
// Memory latency is all that costs here, so no load waits for another where that can be: rings.ts gathers words of directories,
// looks.ts reads postings, and here the codes met are compared, many at a time.

import {
  affordable,
  allot,
  beginWalk,
  costOfCandidates,
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
  bandValue,
  bandValues,
  codeOf,
  distance,
  halfDistance,
  heldAround,
  isHeld,
  met,
  placeOf,
  queries,
  walks,
} from "./layout";
import { beginLooks, beginMeeting, look, lookAround, metCount } from "./looks";
import { bitsTold } from "./postings";
import { gatherRings, ringsKept } from "./rings";

const comparedAtOnce: usize = 128;

let queryCount: u32 = 0;
let viewer: u32 = 0;
let radius: i32 = 0;
/** Nanoseconds that the walks so far are taken to have cost, and those they may cost. */
let spent: f32 = 0;
let most: f32 = 0;
let walkCount: u32 = 0;

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
  walkCount = 0;
  beginLooks();
  for (let band: u32 = 0; band < bands; band++) {
    for (let leader: u32 = 0; leader < queryCount; leader++) {
      if (leaderOf(leader, band) != leader || radiusOf(leader, band) < 0) continue;
      if (!walk(leader, band)) return false;
    }
  }
  return look() && compareMet();
}

/** Chooses who walks and how far; `false` when comparing every code is expected to cost less. */
function plan(): bool {
  const limit = affordable(queryCount);
  let cost = costOfPlans(queryCount);
  if (cost > limit) return false;
  for (let query: u32 = 0; query < queryCount; query++) {
    for (let band: u32 = 0; band < bands; band++) {
      const value = bandIn(queryAt(query), band);
      store<u32>(valueAt(query, band), value);
      follow(query, band, firstOfValue(band, value));
      if (leaderOf(query, band) != query) continue;
      gatherRings(query, band, likelyRadius());
      beginWalk(query, band, -1);
    }
  }
  for (let query: u32 = 0; query < queryCount && cost <= limit; query++) cost += allot(query, radius, limit - cost);
  return cost <= limit;
}

/** How far walks are likely to go, at most as far as rings are kept. */
function likelyRadius(): u32 {
  return min<u32>(radius / bands, ringsKept - 1);
}

function queryAt(query: u32): usize {
  return queries + ((<usize>query) << 5);
}

function valueAt(query: u32, band: u32): usize {
  return bandValues + (placeOf(query, band) << 2);
}

function firstOfValue(band: u32, value: u32): u32 {
  let first: u32 = 0;
  while (load<u32>(valueAt(first, band)) != value) first++;
  return first;
}

/** Looks around the leader's value; `false` when that comes to cost more than comparing every code. */
function walk(leader: u32, band: u32): bool {
  const number = noteWalk(leader, band);
  const value = load<u32>(valueAt(leader, band));
  const farthest = radiusOf(leader, band);
  for (let ring = 0; ring <= farthest; ring++) {
    if (!lookAround(number, leader, band, value, ring, farthest - ring)) return false;
  }
  return true;
}

/** Adds a walk to the list: for whom it is, who leads it and where. */
function noteWalk(leader: u32, band: u32): u32 {
  let members: u32 = 1 << leader;
  if (!walksAlone(leader, band)) {
    for (let query = leader + 1; query < queryCount; query++)
      members |= (<u32>(leaderOf(query, band) == leader)) << query;
  }
  const at = walks + ((<usize>walkCount) << 3);
  store<u32>(at, members);
  store<u16>(at, <u16>leader, 4);
  store<u16>(at, <u16>band, 6);
  return walkCount++;
}

/** Adds what looks cost to what was spent; `false` when that is more than comparing every code would cost. */
export function pay(cost: f32): bool {
  spent += cost;
  return spent <= most;
}

/** Compares the codes that were met so far; `false` when that comes to cost more than comparing every code. */
export function compareMet(): bool {
  const end = met + ((<usize>metCount) << 3);
  const paid = pay(costOfCandidates(metCount));
  beginMeeting();
  if (!paid) return false;
  for (let at = met; at < end; at += comparedAtOnce << 3) compare(at, min(end, at + (comparedAtOnce << 3)));
  return !overflown;
}

/** Few enough at once that what was loaded for the first is still there when the last has come. */
function compare(first: usize, end: usize): void {
  fetchCodes(first, end);
  for (let at = first; at < end; at += 8) {
    const slot = load<u32>(at);
    const code = codeOf(slot);
    const walk = walks + ((<usize>load<u32>(at, 4)) << 3);
    if (queryCount == 1 ? halfDistance(code, queries) <= radius : isNearAny(code, load<u32>(walk)))
      consider(slot, code, walk);
  }
}

/** By four, as the less there is to do for each, the more loads are under way. */
function fetchCodes(first: usize, end: usize): void {
  let at = first;
  for (; at + 32 <= end; at += 32) {
    load<u64>(codeOf(load<u32>(at)));
    load<u64>(codeOf(load<u32>(at, 8)));
    load<u64>(codeOf(load<u32>(at, 16)));
    load<u64>(codeOf(load<u32>(at, 24)));
  }
  for (; at < end; at += 8) load<u64>(codeOf(load<u32>(at)));
}

/** Whether a code may be near one of the queries of these bits. */
function isNearAny(code: usize, members: u32): bool {
  for (let rest = members; rest != 0; rest &= rest - 1) {
    if (halfDistance(code, queryAt(ctz(rest))) <= radius) return true;
  }
  return false;
}

function consider(slot: u32, code: usize, walk: usize): void {
  const leader = <u32>load<u16>(walk, 4);
  const band = <u32>load<u16>(walk, 6);
  let nearest: i32 = radius + 1;
  let nearestQuery: u32 = 0;
  let foundHere = false;
  for (let query: u32 = 0; query < queryCount; query++) {
    const bits = distance(code, queryAt(query));
    if (bits > radius) continue;
    if (wasFoundBefore(slot, query, leader, band)) return;
    if (leaderOf(query, band) == leader) foundHere = true;
    if (bits >= nearest) continue;
    nearest = bits;
    nearestQuery = query;
  }
  if (foundHere && nearest <= reach && isSeen(slot)) found(slot, nearest, nearestQuery);
}

/** Whether this query met the code in an earlier walk: told from the code itself, so no list of visits is kept. */
function wasFoundBefore(slot: u32, query: u32, leader: u32, band: u32): bool {
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
