// Where a level responds, and the peaks of it over place and scale: core/src/kernels/features-blobs.ts explains each step.

import { giveBack, heightOf, mark, responseOf, take, widthOf } from "./memory";

/** A blob: level, x, y, scale, response. */
const BLOB: usize = 5 * 8;
const MARGIN: i32 = 4;

let blobs: usize = 0;

export function blobsAt(): usize {
  return blobs;
}

/** Determinant of the Hessian where it is that of a blob, 32 bits a sample, elsewhere 0. */
export function respond(plane: usize, response: usize, width: i32, height: i32): void {
  const wide = <usize>width * 2;
  memory.fill(response, 0, 2 * wide);
  memory.fill(response + <usize>(height - 1) * 2 * wide, 0, 2 * wide);
  for (let y = 1; y < height - 1; y++) {
    const row = plane + <usize>y * wide;
    const out = response + <usize>y * width * 4;
    store<i32>(out, 0);
    store<i32>(out + 2 * wide - 4, 0);
    let x = 1;
    for (; x + 5 <= width; x += 4) {
      const at = row + 2 * x;
      const centre = i32x4.shl(v128.load16x4_s(at), 1);
      const xx = i32x4.shr_s(i32x4.sub(i32x4.add(v128.load16x4_s(at - 2), v128.load16x4_s(at + 2)), centre), 2);
      const yy = i32x4.shr_s(i32x4.sub(i32x4.add(v128.load16x4_s(at - wide), v128.load16x4_s(at + wide)), centre), 2);
      const same = i32x4.add(v128.load16x4_s(at - wide - 2), v128.load16x4_s(at + wide + 2));
      const cross = i32x4.add(v128.load16x4_s(at - wide + 2), v128.load16x4_s(at + wide - 2));
      const xy = i32x4.shr_s(i32x4.sub(same, cross), 4);
      const determinant = i32x4.sub(i32x4.mul(xx, yy), i32x4.mul(xy, xy));
      const trace = i32x4.add(xx, yy);
      const square = i32x4.shr_s(i32x4.mul(trace, trace), 3);
      const limit = i32x4.add(determinant, i32x4.shr_s(determinant, 1));
      const round = v128.and(i32x4.gt_s(determinant, i32x4.splat(0)), i32x4.lt_s(square, limit));
      v128.store(out + 4 * x, v128.and(determinant, round));
    }
    for (; x < width - 1; x++) store<i32>(out + 4 * x, respondAt(row + 2 * x, wide));
  }
}

function respondAt(at: usize, wide: usize): i32 {
  const centre = 2 * <i32>load<i16>(at);
  const xx = (<i32>load<i16>(at - 2) + <i32>load<i16>(at + 2) - centre) >> 2;
  const yy = (<i32>load<i16>(at - wide) + <i32>load<i16>(at + wide) - centre) >> 2;
  const same = <i32>load<i16>(at - wide - 2) + <i32>load<i16>(at + wide + 2);
  const cross = <i32>load<i16>(at - wide + 2) + <i32>load<i16>(at + wide - 2);
  const xy = (same - cross) >> 4;
  const determinant = xx * yy - xy * xy;
  const trace = xx + yy;
  return determinant > 0 && (trace * trace) >> 3 < determinant + (determinant >> 1) ? determinant : 0;
}

/** Lists the blobs of so many levels at `blobsAt`; how many there are, or -1 when memory does not suffice. */
export function findBlobs(levels: i32, floor: i32): i32 {
  blobs = mark();
  let count = 0;
  for (let level = 0; level < levels; level++) {
    const width = widthOf(level);
    const height = heightOf(level);
    const response = responseOf(level);
    for (let y = MARGIN; y < height - MARGIN; y++) {
      const row = response + <usize>y * width * 4;
      const end = width - MARGIN;
      for (let x = MARGIN; x < end; x += 4) {
        let peaks = peaksAt(row + 4 * <usize>x, <usize>width * 4, floor);
        for (; peaks != 0; peaks &= peaks - 1) {
          const place = x + ctz(peaks);
          if (place >= end) break;
          const found = keepBlob(level, levels, place, y);
          if (found < 0) return -1;
          count += found;
        }
      }
    }
  }
  return count;
}

/** Which of four places reach the floor and are above their neighbours before them, and not below those after: a bit each. */
function peaksAt(at: usize, wide: usize, floor: i32): i32 {
  const values = v128.load(at);
  let before = i32x4.max_s(v128.load(at - wide - 4), v128.load(at - wide));
  before = i32x4.max_s(before, i32x4.max_s(v128.load(at - wide + 4), v128.load(at - 4)));
  let after = i32x4.max_s(v128.load(at + wide - 4), v128.load(at + wide));
  after = i32x4.max_s(after, i32x4.max_s(v128.load(at + wide + 4), v128.load(at + 4)));
  after = i32x4.max_s(after, i32x4.splat(floor));
  return i32x4.bitmask(v128.and(i32x4.gt_s(values, before), i32x4.ge_s(values, after)));
}

/** Notes the peak of a level unless the response is higher on a level beside; how many that are, or -1 without memory. */
function keepBlob(level: i32, levels: i32, x: i32, y: i32): i32 {
  const width = widthOf(level);
  const wide = <usize>width * 4;
  const at = responseOf(level) + <usize>y * wide + 4 * <usize>x;
  const value = load<i32>(at);
  const below = level > 0 ? neighbourMax(level - 1, level, x, y) : 0;
  if (below >= value) return 0;
  const above = level + 1 < levels ? neighbourMax(level + 1, level, x, y) : 0;
  if (above > value) return 0;
  const blob = take(BLOB);
  if (blob == 0) return -1;
  giveBack(blob + BLOB);
  const root = Math.sqrt(<f64>value);
  store<f64>(blob, <f64>level);
  store<f64>(blob + 8, <f64>x + vertex(rootAt(at - 4), root, rootAt(at + 4)));
  store<f64>(blob + 16, <f64>y + vertex(rootAt(at - wide), root, rootAt(at + wide)));
  store<f64>(blob + 24, <f64>level + vertex(Math.sqrt(<f64>below), root, Math.sqrt(<f64>above)));
  store<f64>(blob + 32, <f64>value);
  return 1;
}

/** The highest response of a level around where a place of another one lies. */
function neighbourMax(level: i32, from: i32, fromX: i32, fromY: i32): i32 {
  const width = widthOf(level);
  const height = heightOf(level);
  const response = responseOf(level);
  const x = <i32>Math.floor(((<f64>fromX + 0.5) * <f64>width) / <f64>widthOf(from));
  const y = <i32>Math.floor(((<f64>fromY + 0.5) * <f64>height) / <f64>heightOf(from));
  let most = 0;
  for (let j = max(0, y - 1); j <= min(height - 1, y + 1); j++)
    for (let i = max(0, x - 1); i <= min(width - 1, x + 1); i++)
      most = max(most, load<i32>(response + (<usize>j * width + i) * 4));
  return most;
}

function rootAt(at: usize): f64 {
  return Math.sqrt(<f64>load<i32>(at));
}

/** Where a parabola through three equally spaced values peaks, within half a step of the middle one. */
export function vertex(before: f64, middle: f64, after: f64): f64 {
  const bend = before - 2 * middle + after;
  if (bend >= 0) return 0;
  const shift = (0.5 * (before - after)) / bend;
  return shift > 0.5 ? 0.5 : shift < -0.5 ? -0.5 : shift;
}
