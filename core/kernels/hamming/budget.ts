// How many bits each band may differ by in one query: the pigeonhole principle, paid for band by band.
//
// Radii r_0 … r_10 find every code within r bits when the sum of (r_i + 1) is r + 1: a code missed by all bands differs by
// r_i + 1 bits in each. -1 leaves a band out. Which bands get the larger radii is free, so for each query those do whose
// buckets hold least around it (GPH: Qin et al., ICDE 2018), as the directories tell, which a walk reads anyway. With 16
// bands, made for fewer codes, weighing would cost as much as it saves: all get the same.

import {
  bandBits,
  bandRadiusMax,
  bands,
  bandsMax,
  followers,
  leaders,
  placeOf,
  radii,
  ringCrowds,
  stepCosts,
} from "./layout";
import { choose } from "./order";
import { bitsOf, size } from "./postings";
import { crowdAround, ringsKept } from "./rings";

/** Nanoseconds, measured with a million codes: only their ratios matter. */
const probeCost: f32 = 24;
const postingCost: f32 = 0.5;
const candidateCost: f32 = 22;
/** To choose how far a query goes. */
const planCost: f32 = 20000;
const scanCost: f32 = 3;
const scanCostPerQuery: f32 = 1.5;
const neverCost: f32 = 1e18;

let insistent: bool = false;

/** From now on queries walk whatever it costs: how tests prove them on sets small enough to scan. */
export function insist(): void {
  insistent = true;
}

/** The first query of equal value in the band: it walks for all of them. */
export function leaderOf(query: u32, band: u32): u32 {
  return <u32>load<u8>(leaders + placeOf(query, band));
}

/** Lets a query walk, or have another walk for it; the leader's own turn must have come first. */
export function follow(query: u32, band: u32, leader: u32): void {
  const place = placeOf(query, band);
  store<u8>(leaders + place, <u8>leader);
  store<u8>(followers + place, 0);
  if (query == leader) return;
  const at = followers + placeOf(leader, band);
  store<u8>(at, load<u8>(at) + 1);
}

/** Whether a query walks for itself alone. */
export function walksAlone(leader: u32, band: u32): bool {
  return load<u8>(followers + placeOf(leader, band)) == 0;
}

/** Bits of a band by which codes may differ to be met in the walk for a query, which may go farther for others' sake; -1: there is none. */
export function radiusOf(query: u32, band: u32): i32 {
  return load<i32>(radii + (placeOf(leaderOf(query, band), band) << 2));
}

function setRadius(query: u32, band: u32, radius: i32): void {
  store<i32>(radii + (placeOf(leaderOf(query, band), band) << 2), radius);
}

/** Plans a walk anew: so far it goes as far as `radius`. */
export function beginWalk(leader: u32, band: u32, radius: i32): void {
  setRadius(leader, band, radius);
  const next = radius + 1;
  const least = <f32>choose(bitsOf(band), next) * probeCost;
  setStepCost(leader, band, next > <i32>bandRadiusMax ? neverCost : -least);
}

/** What one bit farther costs a walk; when negative, that it costs so much at least and has not been weighed. */
function stepCost(leader: u32, band: u32): f32 {
  return load<f32>(stepCosts + (placeOf(leader, band) << 2));
}

function setStepCost(leader: u32, band: u32, cost: f32): void {
  store<f32>(stepCosts + (placeOf(leader, band) << 2), cost);
}

/** Estimates what the next ring around the leader's value would cost. */
function weigh(leader: u32, band: u32): void {
  const ring: u32 = radiusOf(leader, band) + 1;
  const place = placeOf(leader, band);
  const crowds = ringCrowds + ((place * <usize>ringsKept) << 2);
  if (ring < ringsKept) store<f32>(crowds + ((<usize>ring) << 2), crowdAround(leader, band, ring));
  const bits = bitsOf(band);
  const looks = <f32>choose(bits, ring) * probeCost + crowdIn(ring, bits, crowds) * postingCost;
  setStepCost(leader, band, looks + codesIn(ring, bits, crowds) * candidateCost);
}

/** Codes in a ring by all of a band's bits, from those of the rings by its buckets': the others are taken to differ by chance. */
function codesIn(ring: u32, bits: u32, crowds: usize): f32 {
  const others = bandBits - bits;
  let codes: f32 = 0;
  for (let flips: u32 = 0; flips <= ring; flips++) {
    if (ring - flips <= others) codes += crowdIn(flips, bits, crowds) * <f32>choose(others, ring - flips);
  }
  return codes / <f32>((<u32>1) << others);
}

function crowdIn(ring: u32, bits: u32, crowds: usize): f32 {
  if (ring < ringsKept) return load<f32>(crowds + ((<usize>ring) << 2));
  const last = ringsKept - 1;
  return load<f32>(crowds + ((<usize>last) << 2)) * (<f32>choose(bits, ring) / <f32>choose(bits, last));
}

/** What a query's walk may cost in all of so many: beyond, comparing every code is the better way. */
export function affordable(queryCount: u32): f32 {
  return insistent ? neverCost : scanNanoseconds(queryCount) * 0.75;
}

/**
 * Chooses how far the walks for a query go, beyond what they do for queries before it; what that is estimated to cost, or
 * more than `most` when it is not to be had for that.
 */
export function allot(query: u32, radius: i32, most: f32): f32 {
  return bands == bandsMax ? allotEvenly(query, radius) : allotCheaply(query, radius, most);
}

function allotEvenly(query: u32, radius: i32): f32 {
  const all = (radius + 1) / <i32>bands;
  const some: u32 = (radius + 1) % <i32>bands;
  if (all > <i32>bandRadiusMax) return 2 * neverCost;
  let cost: f32 = 0;
  for (let band: u32 = 0; band < bands; band++) {
    const bits = all + <i32>(band < some) - 1;
    if (leaderOf(query, band) != query) continue;
    setRadius(query, band, bits);
    for (let ring: i32 = 0; ring <= bits; ring++) cost += evenCost(band, ring);
  }
  return cost;
}

function evenCost(band: u32, ring: u32): f32 {
  const bits = bitsOf(band);
  const bucket = <f32>size / <f32>((<u32>1) << bits);
  const looks = <f32>choose(bits, ring) * (probeCost + bucket * postingCost);
  return looks + (<f32>choose(bandBits, ring) / <f32>((<u32>1) << bandBits)) * <f32>size * candidateCost;
}

function allotCheaply(query: u32, radius: i32, most: f32): f32 {
  let missing = radius + 1;
  for (let band: u32 = 0; band < bands; band++) missing -= radiusOf(query, band) + 1;
  let cost: f32 = 0;
  while (missing > 0 && cost <= most) {
    const band = cheapestBand(query);
    const leader = leaderOf(query, band);
    const step = stepCost(leader, band);
    if (step == neverCost) return 2 * neverCost;
    if (step < 0) {
      weigh(leader, band);
    } else {
      cost += step;
      beginWalk(leader, band, radiusOf(query, band) + 1);
      missing--;
    }
  }
  return cost;
}

function cheapestBand(query: u32): u32 {
  let cheapest: u32 = 0;
  let least: f32 = 2 * neverCost;
  for (let band: u32 = 0; band < bands; band++) {
    const step = abs(stepCost(leaderOf(query, band), band));
    if (step >= least) continue;
    least = step;
    cheapest = band;
  }
  return cheapest;
}

function scanNanoseconds(queryCount: u32): f32 {
  return <f32>size * (scanCost + scanCostPerQuery * <f32>queryCount);
}

/** What walks may cost before they are given up for a scan, so that both together stay under one and a half scans. */
export function mostSpent(queryCount: u32): f32 {
  return insistent ? neverCost : scanNanoseconds(queryCount) / 2 + 2000;
}

export function costOfPlans(queryCount: u32): f32 {
  return <f32>queryCount * planCost;
}

export function costOfLooks(buckets: u32, postings: u32): f32 {
  return <f32>buckets * probeCost + <f32>postings * postingCost;
}

export function costOfCandidates(count: u32): f32 {
  return <f32>count * candidateCost;
}
