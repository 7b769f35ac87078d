// The buckets that walks look into, and the postings there.
//
// Looks are listed first, for several bands together. What all of them will read is then loaded for the sake of the cache alone,
// as WebAssembly has no prefetch: nothing waits for these loads, so a processor keeps many under way. Loops do little and have
// few branches that depend on what they load, as each one foreseen wrongly ends what was begun behind it. Where postings of a
// tag lie beside the line in which they were expected, that too is listed, to be loaded with others.

import { endOf, guessIn, isInOrder, isUntidy, none, postingsOf, summaryOf, toldBits } from "./bucket";
import { costOfLooks } from "./budget";
import {
  bucketAt,
  exactLooks,
  exactMax,
  hits,
  met,
  metMax,
  slotBits,
  slotMask,
  spilled,
  wholeLooks,
  wholeMax,
} from "./layout";
import { masksEnd, masksOf } from "./order";
import { arrange, bitsOf, lowBitsOf, splitsOf, tagOf } from "./postings";
import { bucketsIn, ringAt } from "./rings";
import { compareMet, pay } from "./search";

/** Postings of a bucket that are loaded ahead; of a crowded one the processor fetches the rest by itself. */
const fetchedMax: usize = 128;
/** What finding those of one tag in a bucket in order costs, in postings read. */
const postingsPerLine: u32 = 16;
/** So many looks are enough to keep the way to memory busy; more would drive from the cache what was loaded for the first. */
const enough: u32 = 512;

let exactCount: u32 = 0;
let wholeCount: u32 = 0;
let spilledEnd: usize = 0;
export let metCount: u32 = 0;

export function beginLooks(): void {
  exactCount = 0;
  wholeCount = 0;
  beginMeeting();
}

export function beginMeeting(): void {
  metCount = 0;
}

// A hit is four words: the bucket's two, and its number.

/** Lists looks into the buckets that hold anything near a value, `left` bits farther than the ring; `false` when that costs too much. */
export function lookAround(walk: u32, query: u32, band: u32, value: u32, ring: u32, left: u32): bool {
  if (!locate(hitsIn(ringAt(query, band, ring), band, value, ring, left), walk, band, value, left)) return false;
  if (splitsOf(band) == 0 || left == 0) return true;
  return locate(otherHalves(band, value, ring, left - 1), walk, band, value, left - 1);
}

/** What a bucket's word must share a bit with to be worth a look. */
function wanted(value: u32, bits: u32, left: u32): u64 {
  return left == 0 ? summaryOf(tagOf(value, bits), toldBits(bits)) : -1;
}

/** Notes a bucket, to be noted over by the next unless its word is wanted: the place for the next. */
function noteHit(hit: usize, word: u64, number: u32, want: u64): usize {
  store<u64>(hit, word);
  store<u32>(hit, number, 8);
  return hit + ((<usize>((word & want) != 0)) << 4);
}

/** Of the buckets whose words are given; of those that were split, the half of the value's next bit. */
function hitsIn(words: usize, band: u32, value: u32, ring: u32, left: u32): usize {
  const low = value & lowBitsOf(band);
  const upper = value & (lowBitsOf(band) + 1);
  const splitBelow = splitsOf(band);
  const want = wanted(value, bitsOf(band), left);
  const wantOfHalves = wanted(value, bitsOf(band) + 1, left);
  const end = words + ((<usize>bucketsIn(band, ring)) << 3);
  let mask = masksOf(ring);
  let hit = hits;
  for (let at = words; at < end; at += 8, mask += 4) {
    const bucket = low ^ (load<u32>(mask) >> 3);
    const halved = bucket < splitBelow;
    hit = noteHit(hit, load<u64>(at), halved ? bucket | upper : bucket, halved ? wantOfHalves : want);
  }
  return hit;
}

/** The halves on the other side of the bit by which buckets of the ring were split. */
function otherHalves(band: u32, value: u32, ring: u32, left: u32): usize {
  const low = value & lowBitsOf(band);
  const other = (value & (lowBitsOf(band) + 1)) ^ (lowBitsOf(band) + 1);
  const want = wanted(value, bitsOf(band) + 1, left);
  const end = masksEnd(bitsOf(band), ring);
  let hit = hits;
  for (let mask = masksOf(ring); mask < end; mask += 4) {
    const bucket = low ^ (load<u32>(mask) >> 3);
    if (bucket < splitsOf(band)) hit = noteHit(hit, load<u64>(bucketAt(band, bucket | other)), bucket | other, want);
  }
  return hit;
}

// An exact look is four words: a line of 64 bytes where postings of the tag are likely to be, where the bucket's begin and end,
// the tag and above it the walk. A whole one is seven: where the postings begin and end, the tag in its place, by how many bits
// theirs may differ, the walk, the band, and the bucket's number where it is to be put in order, or -1.

function locate(end: usize, walk: u32, band: u32, value: u32, left: u32): bool {
  const bits = bitsOf(band);
  const low = lowBitsOf(band);
  const splitBelow = splitsOf(band);
  const tags = tagOf(value, bits);
  const tagsOfHalves = tagOf(value, bits + 1);
  const summary = summaryOf(tags, toldBits(bits));
  const summaryOfHalves = summaryOf(tagsOfHalves, toldBits(bits + 1));
  let postings: u32 = 0;
  for (let hit = hits; hit < end; hit += 16) {
    const bucket = load<u64>(hit);
    const number = load<u32>(hit, 8);
    const halved = (number & low) < splitBelow;
    const tag = halved ? tagsOfHalves : tags;
    const first = postingsOf(bucket);
    const last = endOf(bucket);
    if (left == 0 && isInOrder(bucket)) {
      const at = exactLooks + ((<usize>exactCount) << 4);
      store<u32>(at, <u32>guessIn(bucket, halved ? summaryOfHalves : summary) & ~63);
      store<u32>(at, <u32>first, 4);
      store<u32>(at, <u32>last, 8);
      store<u32>(at, (tag >> slotBits) | (walk << 8), 12);
      postings += postingsPerLine;
      exactCount++;
    } else {
      const at = wholeLooks + ((<usize>wholeCount) << 5);
      store<u32>(at, <u32>first);
      store<u32>(at, <u32>last, 4);
      store<u32>(at, tag, 8);
      store<u32>(at, left, 12);
      store<u32>(at, walk, 16);
      store<u32>(at, band, 20);
      store<i32>(at, isUntidy(bucket) ? <i32>number : -1, 24);
      postings += <u32>(last - first) >> 2;
      wholeCount++;
    }
    if (exactCount == exactMax || wholeCount == wholeMax) {
      if (!look()) return false;
    }
  }
  if (!pay(costOfLooks(<u32>(end - hits) >> 4, postings))) return false;
  return exactCount + wholeCount < enough || look();
}

/** Does the looks that are due; `false` when that comes to cost more than comparing every code. */
export function look(): bool {
  const exactEnd = exactLooks + ((<usize>exactCount) << 4);
  const wholeEnd = wholeLooks + ((<usize>wholeCount) << 5);
  exactCount = 0;
  wholeCount = 0;
  fetchLines(exactLooks, exactEnd);
  for (let at = wholeLooks; at < wholeEnd; at += 32) fetchAll(load<u32>(at), load<u32>(at, 4));
  if (!lookExactly(exactEnd)) return false;
  for (let at = wholeLooks; at < wholeEnd; at += 32) if (!lookAtAll(at)) return false;
  fetchLines(spilled, spilledEnd);
  for (let at = spilled; at < spilledEnd; at += 16) if (!lookOn(at)) return false;
  return true;
}

/** By eight, as the less there is to do for each, the more loads are under way. */
function fetchLines(first: usize, end: usize): void {
  let at = first;
  for (; at + 128 <= end; at += 128) {
    load<u32>(<usize>load<u32>(at));
    load<u32>(<usize>load<u32>(at, 16));
    load<u32>(<usize>load<u32>(at, 32));
    load<u32>(<usize>load<u32>(at, 48));
    load<u32>(<usize>load<u32>(at, 64));
    load<u32>(<usize>load<u32>(at, 80));
    load<u32>(<usize>load<u32>(at, 96));
    load<u32>(<usize>load<u32>(at, 112));
  }
  for (; at < end; at += 16) load<u32>(<usize>load<u32>(at));
}

function fetchAll(first: usize, end: usize): void {
  const last = min(end, first + fetchedMax * 4) - 4;
  load<u32>(first);
  load<u32>(min(first + 64, last));
  load<u32>(min(first + 128, last));
  for (let at = first + 192; at < last; at += 64) load<u32>(at);
  load<u32>(last);
}

// Postings are read from multiples of 16 or 64 bytes, so that no load is for two lines: some may be a neighbour's.

function lookExactly(end: usize): bool {
  spilledEnd = spilled;
  for (let at = exactLooks; at < end; at += 16) {
    const line = <usize>load<u32>(at);
    const first = <usize>load<u32>(at, 4);
    const last = <usize>load<u32>(at, 8);
    const sought = load<u32>(at, 12);
    const told = sought & 255;
    const words = v128.load(at);
    v128.store(spilledEnd, words);
    store<u32>(spilledEnd, <u32>line - 64);
    spilledEnd += (<usize>isBefore(line, first, told)) << 4;
    v128.store(spilledEnd, words);
    store<u32>(spilledEnd, (<u32>line + 64) | 1);
    spilledEnd += (<usize>isBehind(line, last, told)) << 4;
    if (!takeEqual(line, first, last, sought)) return false;
  }
  return true;
}

/** Whether postings of a tag may lie in the line before. */
function isBefore(line: usize, first: usize, told: u32): bool {
  return <bool>(<u32>(line > first) & <u32>(load<u32>(line) >> slotBits >= told));
}

function isBehind(line: usize, last: usize, told: u32): bool {
  return <bool>(<u32>(line + 64 < last) & <u32>(load<u32>(line, 60) >> slotBits <= told));
}

/** Line by line, from one beside that which was expected, on or back to where postings of the tag end or begin. */
function lookOn(at: usize): bool {
  const on = (load<u32>(at) & 1) != 0;
  const first = <usize>load<u32>(at, 4);
  const last = <usize>load<u32>(at, 8);
  const sought = load<u32>(at, 12);
  const told = sought & 255;
  let line = <usize>load<u32>(at) & ~63;
  while (takeEqual(line, first, last, sought)) {
    if (on ? !isBehind(line, last, told) : !isBefore(line, first, told)) return true;
    line = on ? line + 64 : line - 64;
  }
  return false;
}

/** Meets the codes of a line's postings of one tag: mostly none or one, so the first is met without asking. */
function takeEqual(line: usize, first: usize, last: usize, sought: u32): bool {
  const equal = equalAmong16(line, sought & 255) & within(line, first, last);
  if (metCount + 16 > metMax && !compareMet()) return false;
  const walk = sought >> 8;
  meet(load<u32>(line + ((<usize>ctz(equal | 0x8000)) << 2)), walk, <u32>(equal != 0));
  for (let rest = equal & (equal - 1); rest != 0; rest &= rest - 1)
    meet(load<u32>(line + ((<usize>ctz(rest)) << 2)), walk, 1);
  return true;
}

/** Notes a posting's slot if so, unless it stands for none. */
function meet(posting: u32, walk: u32, so: u32): void {
  const at = met + ((<usize>metCount) << 3);
  store<u32>(at, posting & slotMask);
  store<u32>(at, walk, 4);
  metCount += so & <u32>(posting != none);
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

/** Which of up to 16 postings at `at` belong to an extent. */
function within(at: usize, first: usize, end: usize): i32 {
  const before = <i32>(max(first, at) - at) >> 2;
  const inside = <i32>min<usize>(end - at, 64) >> 2;
  return (-1 << before) & ((1 << inside) - 1);
}

/** Meets the codes of all near postings in a bucket. */
function lookAtAll(at: usize): bool {
  const first = <usize>load<u32>(at);
  const last = <usize>load<u32>(at, 4);
  const tags = i32x4.splat(load<u32>(at, 8));
  const lefts = i32x4.splat(load<u32>(at, 12));
  const walk = load<u32>(at, 16);
  for (let four = first & ~15; four < last; four += 16) {
    const differing = v128.popcnt<i8>(v128.shr<u32>(v128.xor(v128.load(four), tags), slotBits));
    const near = i32x4.bitmask(v128.le<i32>(differing, lefts));
    if (near == 0) continue;
    if (metCount + 4 > metMax && !compareMet()) return false;
    for (let rest = near & within(four, first, last); rest != 0; rest &= rest - 1) {
      meet(load<u32>(four + ((<usize>ctz(rest)) << 2)), walk, 1);
    }
  }
  const number = load<i32>(at, 24);
  if (number >= 0) arrange(load<u32>(at, 20), number);
  return true;
}
