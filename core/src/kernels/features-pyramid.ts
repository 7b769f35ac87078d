/**
 * Reference twin of the feature kernel, first part: a picture as a stack of ever smaller, smoothed copies.
 *
 * Samples are fixed point, 7 binary places in 16 bits: a picture of a tenth of the size, enlarged, has slopes far below one grey
 * level, and 8 bits would turn them into terraces.
 */

import type { SampledRows } from "./pdq-reference.ts";

/** One plane of fixed-point samples, rows from the top. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Int16Array;
}

/** Binary places of a sample: a grey value of 255 is 255 << 7. */
const samplePlaces = 7;

/** Luma as ITU-R BT.601 weighs it. */
export function greyOf({ data, width, height, channels }: SampledRows): Plane {
  const weigh = (red: number, green: number, blue: number): number =>
    (19595 * red + 38470 * green + 7471 * blue + 256) >> (16 - samplePlaces);
  const grey = Int16Array.from({ length: width * height }, (_, i) => {
    if (channels === 1) return (data[i] as number) << samplePlaces;
    return weigh(data[3 * i] as number, data[3 * i + 1] as number, data[3 * i + 2] as number);
  });
  return { width, height, data: grey };
}

/** Samples as grey values of 8 bits. */
export function roundSamples(samples: Int16Array): Uint8Array {
  const grey = new Uint8Array(samples.length);
  for (let i = 0; i < grey.length; i++) grey[i] = ((samples[i] as number) + (1 << (samplePlaces - 1))) >> samplePlaces;
  return grey;
}

/** Each level's sides are 4/5 of the level before. */
const levelStep = 1.25;

/** No level has a side shorter than this: below, a descriptor's window is wider than the picture. */
const levelSideMin = 24;
const levelsMax = 12;

/** The levels of a picture, largest first; each is the tent-filtered reduction of the one before. */
export function pyramidOf(base: Plane): Plane[] {
  const levels = [base];
  for (let level = 1; level < levelsMax; level++) {
    const width = levelLength(base.width, level);
    const height = levelLength(base.height, level);
    if (Math.min(width, height) < levelSideMin) break;
    levels.push(resample(levels[level - 1] as Plane, width, height));
  }
  return levels;
}

/** A side of a level, from the same side of the first one. */
export function levelLength(length: number, level: number): number {
  let shrink = 1;
  for (let i = 0; i < level; i++) shrink *= levelStep;
  return Math.floor(length / shrink + 0.5);
}

interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Resamples a plane to another size: a tent as wide as a source sample when enlarging, as a target sample when reducing. */
export function resample(source: Plane, width: number, height: number): Plane {
  if (width === source.width && height === source.height) return source;
  const across = tapsOf(source.width, width);
  const down = tapsOf(source.height, height);
  const middle = new Int16Array(width * source.height);
  for (let y = 0; y < source.height; y++) {
    const row = y * source.width;
    for (let x = 0; x < width; x++) {
      const first = row + (across.first[x] as number);
      const count = across.count[x] as number;
      const tap = x * across.stride;
      let sum = 1 << 13;
      for (let i = 0; i < count; i++) sum += (source.data[first + i] as number) * (across.weights[tap + i] as number);
      middle[y * width + x] = sum >> 14;
    }
  }
  const data = new Int16Array(width * height);
  for (let y = 0; y < height; y++) {
    const first = down.first[y] as number;
    const count = down.count[y] as number;
    const tap = y * down.stride;
    for (let x = 0; x < width; x++) {
      let sum = 1 << 13;
      for (let i = 0; i < count; i++)
        sum += (middle[(first + i) * width + x] as number) * (down.weights[tap + i] as number);
      data[y * width + x] = sum >> 14;
    }
  }
  return { width, height, data };
}

/** Weights of a tent filter, 14 binary places, each target's adding up to 1 << 14 exactly. */
function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const radius = Math.max(1, scale);
  const stride = Math.ceil(2 * radius) + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  for (let target = 0; target < to; target++) {
    const centre = (target + 0.5) * scale - 0.5;
    const lo = Math.max(0, Math.ceil(centre - radius));
    const hi = Math.min(from - 1, Math.floor(centre + radius));
    let total = 0;
    for (let i = lo; i <= hi; i++) total += 1 - Math.abs(i - centre) / radius;
    let left = 1 << 14;
    let largest = lo;
    for (let i = lo; i <= hi; i++) {
      const weight = Math.floor(((1 - Math.abs(i - centre) / radius) / total) * (1 << 14) + 0.5);
      weights[target * stride + i - lo] = weight;
      left -= weight;
      if (weight > (weights[target * stride + largest - lo] as number)) largest = i;
    }
    weights[target * stride + largest - lo] = (weights[target * stride + largest - lo] as number) + left;
    first[target] = lo;
    count[target] = hi - lo + 1;
  }
  return { first, count, weights, stride };
}

/** Smooths with the binomial 1 4 6 4 1 across and down (σ = 1 sample); edges repeat the last sample. */
export function smooth(source: Plane): Plane {
  const { width, height } = source;
  const middle = new Int16Array(width * height);
  for (let y = 0; y < height; y++) binomial(source.data, middle, { at: y * width, step: 1, length: width });
  const data = new Int16Array(width * height);
  for (let x = 0; x < width; x++) binomial(middle, data, { at: x, step: width, length: height });
  return { width, height, data };
}

function binomial(from: Int16Array, to: Int16Array, line: { at: number; step: number; length: number }): void {
  const last = line.length - 1;
  for (let i = 0; i <= last; i++) {
    const a = from[line.at + Math.max(0, i - 2) * line.step] as number;
    const b = from[line.at + Math.max(0, i - 1) * line.step] as number;
    const c = from[line.at + i * line.step] as number;
    const d = from[line.at + Math.min(last, i + 1) * line.step] as number;
    const e = from[line.at + Math.min(last, i + 2) * line.step] as number;
    to[line.at + i * line.step] = (a + e + 4 * (b + d) + 6 * c + 8) >> 4;
  }
}
