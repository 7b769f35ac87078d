// The directions that a place faces: core/src/kernels/features-describe.ts explains the steps.

import { vertex } from "./blobs";
import { BINS, FACING_SIDE, FACING_WEIGHTS, FACINGS, HISTOGRAM, heightOf, planeOf, SMOOTHED, widthOf } from "./memory";

const RADIUS: i32 = FACING_SIDE / 2;

export function fillFacingWeights(): void {
  for (let j = -RADIUS; j <= RADIUS; j++)
    for (let i = -RADIUS; i <= RADIUS; i++) {
      const d = <f64>(i * i + j * j) / 64;
      store<f64>(weightAt(i, j), d >= 1 ? 0 : (1 - d) * (1 - d));
    }
}

function weightAt(i: i32, j: i32): usize {
  return FACING_WEIGHTS + <usize>((j + RADIUS) * FACING_SIDE + i + RADIUS) * 8;
}

/** Directions that a place faces (at most two, at `facingsAt`, 32 bits each); how many. */
export function face(level: i32, x: f64, y: f64): i32 {
  const width = widthOf(level);
  const height = heightOf(level);
  const plane = planeOf(level);
  const cx = <i32>Math.floor(x + 0.5);
  const cy = <i32>Math.floor(y + 0.5);
  const left = max(-RADIUS, 1 - cx);
  const right = min(RADIUS, width - 2 - cx);
  memory.fill(HISTOGRAM, 0, BINS * 8);
  for (let j = max(-RADIUS, 1 - cy); j <= min(RADIUS, height - 2 - cy); j++) {
    const row = plane + <usize>((cy + j) * width + cx) * 2;
    for (let i = left; i <= right; i++) {
      const weight = load<f64>(weightAt(i, j));
      if (weight == 0) continue;
      const at = row + 2 * i;
      const dx = <i32>load<i16>(at + 2) - <i32>load<i16>(at - 2);
      const dy = <i32>load<i16>(at + <usize>width * 2) - <i32>load<i16>(at - <usize>width * 2);
      if (dx == 0 && dy == 0) continue;
      const fx = <f64>dx;
      const fy = <f64>dy;
      const magnitude = Math.sqrt(fx * fx + fy * fy) * weight;
      const place = directionOf(fx, fy) / 8;
      const whole = <i32>place;
      const share = place - <f64>whole;
      const a = HISTOGRAM + <usize>(whole & 31) * 8;
      const b = HISTOGRAM + <usize>((whole + 1) & 31) * 8;
      store<f64>(a, load<f64>(a) + magnitude * (1 - share));
      store<f64>(b, load<f64>(b) + magnitude * share);
    }
  }
  smoothRing(HISTOGRAM, SMOOTHED);
  smoothRing(SMOOTHED, HISTOGRAM);
  return findPeaks();
}

function directionOf(dx: f64, dy: f64): f64 {
  const ax = Math.abs(dx);
  const ay = Math.abs(dy);
  const large = Math.max(ax, ay);
  const r = Math.min(ax, ay) / large;
  const q = r * r;
  let angle = r * (40.73891042 + q * (-13.46978127 + q * (7.39274162 + q * (-3.5513583 + q * 0.89073597))));
  if (ay > ax) angle = 64 - angle;
  if (dx < 0) angle = 128 - angle;
  if (dy < 0) angle = 256 - angle;
  return angle >= 256 ? angle - 256 : angle;
}

function smoothRing(from: usize, to: usize): void {
  for (let i = 0; i < BINS; i++)
    store<f64>(
      to + i * 8,
      0.25 * load<f64>(from + ((i + 31) & 31) * 8) +
        0.5 * load<f64>(from + i * 8) +
        0.25 * load<f64>(from + ((i + 1) & 31) * 8),
    );
}

function findPeaks(): i32 {
  let most: f64 = 0;
  for (let i = 0; i < BINS; i++) most = Math.max(most, load<f64>(HISTOGRAM + i * 8));
  let first: f64 = 0;
  let second: f64 = 0;
  let count = 0;
  for (let i = 0; i < BINS; i++) {
    const before = load<f64>(HISTOGRAM + ((i + 31) & 31) * 8);
    const value = load<f64>(HISTOGRAM + i * 8);
    const after = load<f64>(HISTOGRAM + ((i + 1) & 31) * 8);
    if (!(value > before && value >= after && value >= 0.85 * most)) continue;
    const at = (<i32>Math.floor((<f64>i + vertex(before, value, after)) * 8 + 0.5) + 256) & 255;
    if (value > first) {
      second = first;
      store<i32>(FACINGS + 4, load<i32>(FACINGS));
      first = value;
      store<i32>(FACINGS, at);
    } else if (value > second) {
      second = value;
      store<i32>(FACINGS + 4, at);
    }
    count++;
  }
  return min(2, count);
}
