// How many bits each band may differ by in one query: the pigeonhole principle, paid for band by band.
//
// Radii r_0 … r_11 find every code within r bits when the sum of (r_i + 1) is r + 1: a code missed by all bands differs by
// r_i + 1 bits in each. -1 leaves a band out. Which bands get the larger radii is free, so the cheapest do (the idea of
// GPH: Qin et al., ICDE 2018), judged by walking the chains around a sample of the codes held.

import { bitsOf, size, slotEnd } from "./chains";
import { bandRadiusMax, bands, bandValue, headOf, isHeld, linkOf } from "./layout";
import { choose, masksOf } from "./order";

/** Nanoseconds, measured with a million codes: only their ratios matter. */
const probeCost: f64 = 2;
const candidateCost: f64 = 14;
const scanCost: f64 = 3;
const scanCostPerQuery: f64 = 1.5;
/** The least that a round of a walk costs, in candidates: a long chain has only its own latency to wait for. */
export const roundCandidatesMin: u32 = 6;
const neverCost: f64 = 1e18;

const sampleCodes: u32 = 16;
const sampleStepsMax: u32 = 2048;

/** Mean codes a probe meets, by band and count of flipped bits (0, 1, 2). */
const crowds = new StaticArray<f64>(bands * 3);
const bandRadii = new StaticArray<i32>(bands);
let weighedSize: u32 = 0;
let everWeighed: bool = false;

let insistent: bool = false;

/** From now on chains are walked whatever it costs: how tests prove them on sets small enough to scan. */
export function insist(): void {
  insistent = true;
}

export function radiusOf(band: u32): i32 {
  return unchecked(bandRadii[band]);
}

/** Chooses the bands' radii for a query's radius; `false` when comparing every code is expected to cost less than `walks` walks. */
export function allot(radius: i32, queryCount: u32, walks: f64): bool {
  if (!everWeighed || size > weighedSize + (weighedSize >> 2) || size < weighedSize >> 1) weigh();
  for (let band: u32 = 0; band < bands; band++) unchecked((bandRadii[band] = -1));
  const affordable = (scanNanoseconds(queryCount) * 0.75) / walks;
  let cost: f64 = 0;
  for (let unit: i32 = 0; unit <= radius; unit++) {
    let cheapest: u32 = 0;
    let least = neverCost;
    for (let band: u32 = 0; band < bands; band++) {
      const step = stepCost(band, radiusOf(band) + 1);
      if (step >= least) continue;
      least = step;
      cheapest = band;
    }
    cost += least;
    if (least == neverCost || (cost > affordable && !insistent)) return false;
    unchecked((bandRadii[cheapest] = radiusOf(cheapest) + 1));
  }
  return true;
}

function scanNanoseconds(queryCount: u32): f64 {
  return <f64>size * (scanCost + scanCostPerQuery * <f64>queryCount);
}

/** Candidates after which a walk is given up for a scan, so that both together stay under one and a half scans. */
export function candidatesMax(queryCount: u32): u32 {
  if (insistent) return u32.MAX_VALUE;
  return <u32>(scanNanoseconds(queryCount) / (2 * candidateCost)) + 256;
}

function stepCost(band: u32, radius: i32): f64 {
  if (radius > <i32>bandRadiusMax) return neverCost;
  const crowd = unchecked(crowds[band * 3 + <u32>min(radius, 2)]);
  return <f64>choose(bitsOf(band), radius) * (probeCost + crowd * candidateCost);
}

function weigh(): void {
  everWeighed = true;
  weighedSize = size;
  for (let band: u32 = 0; band < bands; band++) {
    const even = <f64>size / <f64>((<u32>1) << bitsOf(band));
    for (let flips: u32 = 0; flips < 3; flips++) weighRing(band, flips, even);
  }
}

/** Mean chain length at `flips` bits from codes held: every bucket of the first two rings, one in eight of the third. */
function weighRing(band: u32, flips: u32, even: f64): void {
  const ringAt = masksOf(flips);
  const ring = choose(bitsOf(band), flips);
  const stride: u32 = flips == 2 ? 8 : 1;
  let probes: u32 = 0;
  let met: u32 = 0;
  const apart = max(slotEnd / sampleCodes, 1);
  for (let slot: u32 = 0; slot < slotEnd && met < sampleStepsMax; slot += apart) {
    if (!isHeld(slot)) continue;
    const value = bandValue(slot, band) & (((<u32>1) << bitsOf(band)) - 1);
    for (let i = slot % stride; i < ring && met < sampleStepsMax; i += stride) {
      met += chainLength(band, value ^ load<u32>(ringAt + ((<usize>i) << 2)), sampleStepsMax - met);
      probes++;
    }
  }
  unchecked((crowds[band * 3 + flips] = probes == 0 ? even : max(<f64>met / <f64>probes, even)));
}

function chainLength(band: u32, bucket: u32, most: u32): u32 {
  let length: u32 = 0;
  for (let link = headOf(band, bucket); link != 0 && length < most; length++) link = linkOf(link - 1, band);
  return length;
}
