// A picture as grey values, and planes resampled and smoothed: core/src/kernels/features-pyramid.ts explains each step.

import { BEYOND, giveBack, mark, take, takePlane } from "./memory";

/** Luma weights of the samples in a 16-byte register's first 12 bytes: red and half of green, half of green and blue. */
const RED_GREEN: i32 = 19595 | (19235 << 16);
const GREEN_BLUE: i32 = 19235 | (7471 << 16);

/** Reads 8-bit samples of one channel or three as fixed-point grey values; up to 6 samples beyond the last are written. */
export function toGrey(samples: usize, grey: usize, pixels: usize, channels: i32): void {
  const end = grey + 2 * pixels;
  if (channels == 1) {
    for (let at = samples, out = grey; out < end; at += 8, out += 16) v128.store(out, i16x8.shl(v128.load8x8_u(at), 7));
    return;
  }
  const round = i32x4.splat(256);
  const redGreen = i32x4.splat(RED_GREEN);
  const greenBlue = i32x4.splat(GREEN_BLUE);
  for (let at = samples, out = grey; out < end; at += 12, out += 8) {
    const rgb = v128.load(at);
    const rg = i8x16.swizzle(rgb, i8x16(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1));
    const gb = i8x16.swizzle(rgb, i8x16(1, -1, 2, -1, 4, -1, 5, -1, 7, -1, 8, -1, 10, -1, 11, -1));
    const sum = i32x4.add(i32x4.dot_i16x8_s(rg, redGreen), i32x4.dot_i16x8_s(gb, greenBlue));
    const value = i32x4.shr_s(i32x4.add(sum, round), 9);
    v128.store64_lane(out, i16x8.narrow_i32x4_s(value, value), 0);
  }
}

/** The plane at another size, itself at the same one; 0 when memory does not suffice. */
export function resample(from: usize, width: i32, height: i32, toWidth: i32, toHeight: i32): usize {
  if (width == toWidth && height == toHeight) return from;
  const target = takePlane(toWidth, toHeight);
  const start = mark();
  const across = tapsOf(width, toWidth);
  const down = tapsOf(height, toHeight);
  const middle = takePlane(toWidth, height);
  if (target == 0 || across == 0 || down == 0 || middle == 0) return 0;
  const stride = strideOf(width, toWidth);
  for (let y = 0; y < height; y++)
    resampleRow(from + <usize>y * width * 2, middle + <usize>y * toWidth * 2, across, stride, toWidth);
  const downStride = strideOf(height, toHeight);
  for (let y = 0; y < toHeight; y++)
    resampleColumns(middle, target + <usize>y * toWidth * 2, down + <usize>y * downStride, toWidth);
  giveBack(start);
  return target;
}

function resampleRow(row: usize, out: usize, taps: usize, stride: usize, toWidth: i32): void {
  let x = 0;
  for (; x + 4 <= toWidth; x += 4, taps += 4 * stride) {
    const sums = sumLanes(
      dot(row, taps),
      dot(row, taps + stride),
      dot(row, taps + 2 * stride),
      dot(row, taps + 3 * stride),
    );
    const values = i32x4.shr_s(i32x4.add(sums, i32x4.splat(1 << 13)), 14);
    v128.store64_lane(out + 2 * x, i16x8.narrow_i32x4_s(values, values), 0);
  }
  for (; x < toWidth; x++, taps += stride) {
    const four = dot(row, taps);
    const sums = sumLanes(four, four, four, four);
    store<i16>(out + 2 * x, <i16>((i32x4.extract_lane(sums, 0) + (1 << 13)) >> 14));
  }
}

/** One target's taps on a row: four sums, to be added. */
function dot(row: usize, taps: usize): v128 {
  const first = row + <usize>load<i32>(taps) * 2;
  let sum = i32x4.dot_i16x8_s(v128.load(first), v128.load(taps + 8));
  const bytes = (<usize>load<i32>(taps + 4)) << 1;
  for (let i: usize = 16; i < bytes; i += 16)
    sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(first + i), v128.load(taps + 8 + i)));
  return sum;
}

/** The four lanes of each, added up. */
export function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/** One row of the target from rows of the middle plane, two of them at a time; up to 7 samples beyond its last are written. */
function resampleColumns(middle: usize, out: usize, taps: usize, width: i32): void {
  const wide = (<usize>width) << 1;
  const first = middle + <usize>load<i32>(taps) * wide;
  const count = load<i32>(taps + 4);
  for (let x: usize = 0; x < wide; x += 16) {
    let low = i32x4.splat(1 << 13);
    let high = low;
    let row = first + x;
    for (let i = 0; i < count; i += 2, row += 2 * wide) {
      const a = v128.load(row);
      // the second of the last pair weighs nothing, and may not be there
      const b = i + 1 < count ? v128.load(row + wide) : a;
      const weights = v128.load32_splat(taps + 8 + 2 * <usize>i);
      low = i32x4.add(low, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), weights));
      high = i32x4.add(high, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), weights));
    }
    v128.store(out + x, i16x8.narrow_i32x4_s(i32x4.shr_s(low, 14), i32x4.shr_s(high, 14)));
  }
}

/** Bytes of one target's taps: first source, count, weights of 16 bits and zeros up to a multiple of 8. */
function strideOf(from: i32, to: i32): usize {
  const tapsMax = <usize>Math.ceil(2 * Math.max(1, <f64>from / <f64>to)) + 1;
  return 8 + 2 * ((tapsMax + 7) & ~7);
}

function tapsOf(from: i32, to: i32): usize {
  const scale = <f64>from / <f64>to;
  const radius = Math.max(1, scale);
  const stride = strideOf(from, to);
  const taps = take(stride * to + BEYOND);
  if (taps == 0) return 0;
  memory.fill(taps, 0, stride * to);
  for (let target = 0; target < to; target++) {
    const at = taps + stride * target;
    const centre = (<f64>target + 0.5) * scale - 0.5;
    const lo = max(0, <i32>Math.ceil(centre - radius));
    const hi = min(from - 1, <i32>Math.floor(centre + radius));
    let total: f64 = 0;
    for (let i = lo; i <= hi; i++) total += 1 - Math.abs(<f64>i - centre) / radius;
    const weights = at + 8;
    let left = 1 << 14;
    let largest = 0;
    for (let i = lo; i <= hi; i++) {
      const tap = <usize>(i - lo);
      const weight = <i32>Math.floor(((1 - Math.abs(<f64>i - centre) / radius) / total) * 16384 + 0.5);
      store<i16>(weights + 2 * tap, <i16>weight);
      left -= weight;
      if (weight > <i32>load<i16>(weights + 2 * <usize>largest)) largest = <i32>tap;
    }
    const peak = weights + 2 * <usize>largest;
    store<i16>(peak, <i16>(<i32>load<i16>(peak) + left));
    store<i32>(at, lo);
    store<i32>(at + 4, hi - lo + 1);
  }
  return taps;
}

/** Smooths across into the middle plane, then down; up to 7 samples beyond the last are written. */
export function smooth(from: usize, middle: usize, to: usize, width: i32, height: i32): void {
  const wide = (<usize>width) << 1;
  for (let y = 0; y < height; y++) smoothRow(from + <usize>y * wide, middle + <usize>y * wide, width);
  for (let y = 0; y < height; y++) {
    const a = middle + <usize>max(0, y - 2) * wide;
    const b = middle + <usize>max(0, y - 1) * wide;
    const c = middle + <usize>y * wide;
    const d = middle + <usize>min(height - 1, y + 1) * wide;
    const e = middle + <usize>min(height - 1, y + 2) * wide;
    const out = to + <usize>y * wide;
    for (let x: usize = 0; x < wide; x += 16)
      v128.store(
        out + x,
        weigh(v128.load(a + x), v128.load(b + x), v128.load(c + x), v128.load(d + x), v128.load(e + x)),
      );
  }
}

function smoothRow(row: usize, out: usize, width: i32): void {
  const last = width - 1;
  let x = 0;
  for (; x < 2; x++) smoothEdge(row, out, x, last);
  for (; x + 10 <= width; x += 8) {
    const at = row + 2 * <usize>x;
    v128.store(
      out + 2 * <usize>x,
      weigh(v128.load(at - 4), v128.load(at - 2), v128.load(at), v128.load(at + 2), v128.load(at + 4)),
    );
  }
  for (; x < width; x++) smoothEdge(row, out, x, last);
}

/**
 * (a + 4b + 6c + 4d + e + 8) >> 4 of samples up to 255 << 7, in 16 bits: with m = (((a + e) >> 1) + c >> 1) + c + 2 the sum is
 * 4 (m + b + d) and a rest below 4, so it is m + b + d >> 2, and the rounding average of m - 1 and b + d is m + b + d >> 1.
 */
function weigh(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  const outer = i16x8.shr_u(i16x8.add(i16x8.shr_u(i16x8.add(a, e), 1), c), 1);
  const m = i16x8.add(i16x8.add(outer, c), i16x8.splat(1));
  return i16x8.shr_u(i16x8.avgr_u(m, i16x8.add(b, d)), 1);
}

function smoothEdge(row: usize, out: usize, x: i32, last: i32): void {
  const a = <i32>load<i16>(row + 2 * max(0, x - 2));
  const b = <i32>load<i16>(row + 2 * max(0, x - 1));
  const c = <i32>load<i16>(row + 2 * x);
  const d = <i32>load<i16>(row + 2 * min(last, x + 1));
  const e = <i32>load<i16>(row + 2 * min(last, x + 2));
  store<i16>(out + 2 * x, <i16>((a + e + 4 * (b + d) + 6 * c + 8) >> 4));
}
