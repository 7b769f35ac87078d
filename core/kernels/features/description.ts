// The vector of the window around a place, and its projections: core/src/kernels/features-describe.ts and features-project.ts.

import {
  CELLS,
  COSINES,
  DIRECTIONS,
  DOTS,
  FOLDED,
  heightOf,
  LATTICE,
  ORBITS,
  POOL,
  POOLED,
  PROJECTIONS,
  planeOf,
  SAMPLE_CELLS,
  SAMPLE_SHARES,
  SHARES,
  SINES,
  VECTOR,
  WIDE,
  WINDOW,
  widthOf,
} from "./memory";
import { sumLanes } from "./planes";

/** Bytes of one direction's sums, all cells of it side by side: two neighbours are one register. */
const DIRECTION: usize = <usize>POOL * POOL * 8;

export function fillWindowTables(): void {
  fillTurns();
  for (let j = 0; j < WINDOW; j++)
    for (let i = 0; i < WINDOW; i++) {
      const down = (<f64>j + 0.5) / 6 - 0.5;
      const across = (<f64>i + 0.5) / 6 - 0.5;
      const fx = across - Math.floor(across);
      const fy = down - Math.floor(down);
      const sample = <usize>(j * WINDOW + i);
      const cell = (<i32>Math.floor(down) + 1) * POOL + <i32>Math.floor(across) + 1;
      store<u32>(SAMPLE_CELLS + sample * 4, <u32>(POOLED + <usize>cell * 8));
      const at = SAMPLE_SHARES + sample * SHARES;
      store<f64>(at, (1 - fx) * (1 - fy));
      store<f64>(at + 8, fx * (1 - fy));
      store<f64>(at + 16, (1 - fx) * fy);
      store<f64>(at + 24, fx * fy);
      store<f64>(at + 32, taper(i) * taper(j));
    }
}

function fillTurns(): void {
  const c: f64 = 0.9996988186962042;
  const s: f64 = 0.024541228522912288;
  let x: f64 = 1;
  let y: f64 = 0;
  for (let i = 0; i < 256; i++) {
    store<f64>(COSINES + i * 8, Math.floor(x * 65536 + 0.5) / 65536);
    store<f64>(SINES + i * 8, Math.floor(y * 65536 + 0.5) / 65536);
    const next = x * c - y * s;
    y = x * s + y * c;
    x = next;
  }
}

function taper(i: i32): f64 {
  const u = (2 * (<f64>i + 0.5)) / 24 - 1;
  return 1 - 0.7 * u * u;
}

/** The 256 projections of the window around a place, at `dotsAt`, 32 bits each. */
export function describe(level: i32, x: f64, y: f64, facing: i32, step: f64): void {
  sampleWindow(level, x, y, facing, step);
  pool();
  project();
}

/** The window turned upright, two samples at a time. */
function sampleWindow(level: i32, atX: f64, atY: f64, facing: i32, step: f64): void {
  const width = widthOf(level);
  const plane = planeOf(level);
  const wide = <usize>width * 2;
  const cos = load<f64>(COSINES + facing * 8) * step;
  const sin = load<f64>(SINES + facing * 8) * step;
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const right = f64x2.splat(<f64>width - 1.001);
  const bottom = f64x2.splat(<f64>heightOf(level) - 1.001);
  const widths = i32x4.splat(width);
  for (let j = 0; j < WIDE; j++) {
    const v = <f64>j - 12.5;
    const vSin = f64x2.splat(v * sin);
    const vCos = f64x2.splat(v * cos);
    for (let i = 0; i < WIDE; i += 2) {
      const u = f64x2(<f64>i - 12.5, <f64>i - 11.5);
      let x = f64x2.sub(f64x2.add(f64x2.splat(atX), f64x2.mul(u, f64x2.splat(cos))), vSin);
      let y = f64x2.add(f64x2.add(f64x2.splat(atY), f64x2.mul(u, f64x2.splat(sin))), vCos);
      x = f64x2.pmin(right, f64x2.pmax(zero, x));
      y = f64x2.pmin(bottom, f64x2.pmax(zero, y));
      const xi = i32x4.trunc_sat_f64x2_s_zero(x);
      const yi = i32x4.trunc_sat_f64x2_s_zero(y);
      const fx = f64x2.sub(x, f64x2.convert_low_i32x4_s(xi));
      const fy = f64x2.sub(y, f64x2.convert_low_i32x4_s(yi));
      const places = i32x4.add(i32x4.mul(yi, widths), xi);
      const p = plane + 2 * <usize>i32x4.extract_lane(places, 0);
      const q = plane + 2 * <usize>i32x4.extract_lane(places, 1);
      // above and under the first place, then the second: each a sample and its right neighbour
      let pairs = v128.load32_zero(p);
      pairs = v128.load32_lane(q, pairs, 1);
      pairs = v128.load32_lane(p + wide, pairs, 2);
      pairs = v128.load32_lane(q + wide, pairs, 3);
      const here = i32x4.shr_s(i32x4.shl(pairs, 16), 16);
      const beside = i32x4.shr_s(pairs, 16);
      const above = mix(f64x2.convert_low_i32x4_s(here), f64x2.convert_low_i32x4_s(beside), fx, one);
      const under = mix(
        f64x2.convert_low_i32x4_s(highHalf(here)),
        f64x2.convert_low_i32x4_s(highHalf(beside)),
        fx,
        one,
      );
      const value = f64x2.add(mix(above, under, fy, one), f64x2.splat(0.5));
      v128.store64_lane(LATTICE + <usize>(j * WIDE + i) * 4, i32x4.trunc_sat_f64x2_s_zero(value), 0);
    }
  }
}

function mix(a: v128, b: v128, share: v128, one: v128): v128 {
  return f64x2.add(f64x2.mul(a, f64x2.sub(one, share)), f64x2.mul(b, share));
}

function highHalf(a: v128): v128 {
  return v128.shuffle<i32>(a, a, 2, 3, 2, 3);
}

function pool(): void {
  memory.fill(POOLED, 0, <usize>DIRECTIONS * DIRECTION);
  let cells = SAMPLE_CELLS;
  let shares = SAMPLE_SHARES;
  for (let j = 1; j <= WINDOW; j++)
    for (let i = 1; i <= WINDOW; i++, cells += 4, shares += SHARES) {
      const at = LATTICE + <usize>(j * WIDE + i) * 4;
      const dx = load<i32>(at + 4) - load<i32>(at - 4);
      const dy = load<i32>(at + <usize>WIDE * 4) - load<i32>(at - <usize>WIDE * 4);
      const ax = abs(dx);
      const ay = abs(dy);
      const weight = load<f64>(shares + 32);
      const straight = <f64>(ax > ay ? ax - ay : ay - ax) * weight;
      const diagonal = 1.4142135623730951 * <f64>(ax > ay ? ay : ax) * weight;
      const straightBin: usize = ax > ay ? (dx > 0 ? 0 : 4) : dy > 0 ? 2 : 6;
      const diagonalBin: usize = dx > 0 ? (dy > 0 ? 1 : 7) : dy > 0 ? 3 : 5;
      const cell = <usize>load<u32>(cells);
      pour(cell + straightBin * DIRECTION, straight, shares);
      pour(cell + diagonalBin * DIRECTION, diagonal, shares);
    }
  for (let cell = 0; cell < CELLS * CELLS; cell++)
    for (let bin = 0; bin < DIRECTIONS; bin++) {
      const place = (cell / CELLS + 1) * POOL + (cell % CELLS) + 1;
      const sum = load<f64>(POOLED + <usize>bin * DIRECTION + <usize>place * 8);
      store<i32>(VECTOR + <usize>(cell * DIRECTIONS + bin) * 4, <i32>(4 * Math.sqrt(sum)));
    }
}

/** Adds an amount to the four cells around a sample, by its shares in them. */
function pour(cell: usize, amount: f64, shares: usize): void {
  const amounts = f64x2.splat(amount);
  const under = cell + <usize>POOL * 8;
  v128.store(cell, f64x2.add(v128.load(cell), f64x2.mul(v128.load(shares), amounts)));
  v128.store(under, f64x2.add(v128.load(under), f64x2.mul(v128.load(shares + 16), amounts)));
}

function project(): void {
  for (let parity = 0; parity < 4; parity++) {
    const mirrored: i32 = parity < 2 ? 1 : -1;
    const inverted: i32 = (parity & 1) == 0 ? 1 : -1;
    for (let orbit = 0; orbit < 32; orbit++) {
      const at = ORBITS + orbit * 16;
      const sum =
        load<i32>(VECTOR + load<i32>(at) * 4) +
        mirrored * load<i32>(VECTOR + load<i32>(at + 4) * 4) +
        inverted * load<i32>(VECTOR + load<i32>(at + 8) * 4) +
        mirrored * inverted * load<i32>(VECTOR + load<i32>(at + 12) * 4);
      store<i16>(FOLDED + orbit * 2, <i16>sum);
    }
    const a = v128.load(FOLDED);
    const b = v128.load(FOLDED + 16);
    const c = v128.load(FOLDED + 32);
    const d = v128.load(FOLDED + 48);
    let weights = PROJECTIONS + <usize>parity * 64 * 64;
    for (let row = 0; row < 64; row += 4, weights += 256)
      v128.store(
        DOTS + <usize>(parity * 64 + row) * 4,
        sumLanes(
          dot(a, b, c, d, weights),
          dot(a, b, c, d, weights + 64),
          dot(a, b, c, d, weights + 128),
          dot(a, b, c, d, weights + 192),
        ),
      );
  }
}

/** One row of weights with the folded vector: four sums, to be added. */
function dot(a: v128, b: v128, c: v128, d: v128, weights: usize): v128 {
  const low = i32x4.add(i32x4.dot_i16x8_s(a, v128.load(weights)), i32x4.dot_i16x8_s(b, v128.load(weights + 16)));
  const high = i32x4.add(i32x4.dot_i16x8_s(c, v128.load(weights + 32)), i32x4.dot_i16x8_s(d, v128.load(weights + 48)));
  return i32x4.add(low, high);
}
