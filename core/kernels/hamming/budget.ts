// How many bits each band may differ by in one query: the pigeonhole principle, paid for band by band.
//
// Radii r_0 … r_11 find every code within r bits when the sum of (r_i + 1) is r + 1: a code missed by all bands differs by
// r_i + 1 bits in each. -1 leaves a band out. Which bands get the larger radii is free, so for each query those do whose
// buckets hold least around it (GPH: Qin et al., ICDE 2018), as the counts of codes by the lowest bits of a band tell.

import { bitsOf, size } from "./chains";
import { bandRadiusMax, bands, crowdAt, crowdBits, leaders, radii, ringCosts } from "./layout";
import { choose, masksOf } from "./order";

/** Nanoseconds, measured with a million codes: only their ratios matter. */
const probeCost: f64 = 2;
const candidateCost: f64 = 14;
const scanCost: f64 = 3;
const scanCostPerQuery: f64 = 1.5;
/** The least that a round of all walks costs, in candidates: a long chain has only its own latency to wait for. */
export const roundCandidatesMin: u32 = 6;
const neverCost: f64 = 1e18;
/** Rings around a value that are counted; those beyond are taken to be as crowded as the last. */
const ringsCounted: u32 = 3;
const ringsMax: u32 = bandRadiusMax + 1;

/** Codes in the first rings around the value that is being weighed. */
const crowds = new StaticArray<f64>(<i32>ringsCounted);

let insistent: bool = false;

/** From now on chains are walked whatever it costs: how tests prove them on sets small enough to scan. */
export function insist(): void {
  insistent = true;
}

function placeOf(query: u32, band: u32): usize {
  return <usize>(query * bands + band);
}

/** The first query of equal value in the band: it walks for all of them. */
export function leaderOf(query: u32, band: u32): u32 {
  return <u32>load<u8>(leaders + placeOf(query, band));
}

export function setLeader(query: u32, band: u32, leader: u32): void {
  store<u8>(leaders + placeOf(query, band), <u8>leader);
}

/** Bits of a band by which codes may differ to be met in the walk for a query, which may go farther for others' sake; -1: there is none. */
export function radiusOf(query: u32, band: u32): i32 {
  return load<i32>(radii + (placeOf(leaderOf(query, band), band) << 2));
}

function setRadius(query: u32, band: u32, radius: i32): void {
  store<i32>(radii + (placeOf(leaderOf(query, band), band) << 2), radius);
}

/** Prepares the walk around a value in a band: it goes nowhere yet, and what each ring around the value would cost is estimated. */
export function weigh(leader: u32, band: u32, value: u32): void {
  setRadius(leader, band, -1);
  for (let ring: u32 = 0; ring < ringsCounted; ring++) unchecked((crowds[ring] = crowdAround(band, value, ring)));
  const costs = costsAt(leader, band);
  for (let ring: u32 = 0; ring < ringsMax; ring++) {
    const cost = <f64>choose(bitsOf(band), ring) * probeCost + codesIn(ring, band) * candidateCost;
    store<f64>(costs + ((<usize>ring) << 3), cost);
  }
}

function costsAt(leader: u32, band: u32): usize {
  return ringCosts + ((placeOf(leader, band) * <usize>ringsMax) << 3);
}

/** Codes whose counted bits differ from the value's in just so many places. */
function crowdAround(band: u32, value: u32, ring: u32): f64 {
  const counted = min(bitsOf(band), crowdBits);
  const end = masksOf(ring) + ((<usize>choose(counted, ring)) << 2);
  let codes: u32 = 0;
  for (let at = masksOf(ring); at < end; at += 4) codes += load<u32>(crowdAt(band, value ^ load<u32>(at)));
  return <f64>codes;
}

/** Codes in a ring by all of a band's bits: those that are not counted are taken to differ by chance. */
function codesIn(ring: u32, band: u32): f64 {
  const bits = bitsOf(band);
  if (bits < crowdBits) return crowdBeyond(ring, bits) * <f64>((<u32>1) << (crowdBits - bits));
  const others = bits - crowdBits;
  let codes: f64 = 0;
  for (let flips: u32 = 0; flips <= ring; flips++) {
    if (ring - flips <= others) codes += crowdBeyond(flips, crowdBits) * <f64>choose(others, ring - flips);
  }
  return codes / <f64>((<u32>1) << others);
}

function crowdBeyond(ring: u32, bits: u32): f64 {
  if (ring < ringsCounted) return unchecked(crowds[ring]);
  const last = ringsCounted - 1;
  return unchecked(crowds[last]) * (<f64>choose(bits, ring) / <f64>choose(bits, last));
}

/** What a query's walk may cost in all of so many: beyond, comparing every code is the better way. */
export function affordable(queryCount: u32): f64 {
  return insistent ? neverCost : scanNanoseconds(queryCount) * 0.75;
}

/**
 * Chooses how far the walks for a query go, beyond what they do for queries before it; what that is estimated to cost, or
 * more than `most` when it is not to be had for that.
 */
export function allot(query: u32, radius: i32, most: f64): f64 {
  let missing = radius + 1;
  for (let band: u32 = 0; band < bands; band++) missing -= radiusOf(query, band) + 1;
  let cost: f64 = 0;
  for (; missing > 0 && cost <= most; missing--) {
    let cheapest: u32 = 0;
    let least = neverCost;
    for (let band: u32 = 0; band < bands; band++) {
      const step = stepCost(query, band);
      if (step >= least) continue;
      least = step;
      cheapest = band;
    }
    if (least == neverCost) return 2 * neverCost;
    cost += least;
    setRadius(query, cheapest, radiusOf(query, cheapest) + 1);
  }
  return cost;
}

function stepCost(query: u32, band: u32): f64 {
  const ring = radiusOf(query, band) + 1;
  if (ring > <i32>bandRadiusMax) return neverCost;
  return load<f64>(costsAt(leaderOf(query, band), band) + ((<usize>ring) << 3));
}

function scanNanoseconds(queryCount: u32): f64 {
  return <f64>size * (scanCost + scanCostPerQuery * <f64>queryCount);
}

/** Candidates after which a walk is given up for a scan, so that both together stay under one and a half scans. */
export function candidatesMax(queryCount: u32): u32 {
  if (insistent) return u32.MAX_VALUE;
  return <u32>(scanNanoseconds(queryCount) / (2 * candidateCost)) + 256;
}
