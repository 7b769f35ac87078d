import { vertex } from "./features-blobs.ts";
import type { Plane } from "./features-pyramid.ts";

/** Angles are whole numbers of 1/256 turn, clockwise as seen (y points down). */
export const turn = 256;

const cosines = new Float64Array(turn);
const sines = new Float64Array(turn);
fillTurns();

/** Sines by repeated rotation: engines may differ in Math.sin, never in products and sums. */
function fillTurns(): void {
  const c = 0.9996988186962042; // cos(2π/256)
  const s = 0.024541228522912288;
  let x = 1;
  let y = 0;
  for (let i = 0; i < turn; i++) {
    cosines[i] = Math.floor(x * 65536 + 0.5) / 65536;
    sines[i] = Math.floor(y * 65536 + 0.5) / 65536;
    [x, y] = [x * c - y * s, x * s + y * c];
  }
}

/** Direction of a vector in 1/256 turn, fraction included; error below 0.002. */
export function directionOf(dx: number, dy: number): number {
  const ax = Math.abs(dx);
  const ay = Math.abs(dy);
  const large = Math.max(ax, ay);
  if (large === 0) return 0;
  const r = Math.min(ax, ay) / large;
  const q = r * r;
  // atan on 0…1 by an odd polynomial (least squares fit), in 1/256 turn: 128/π × atan
  let angle = r * (40.73891042 + q * (-13.46978127 + q * (7.39274162 + q * (-3.5513583 + q * 0.89073597))));
  if (ay > ax) angle = 64 - angle;
  if (dx < 0) angle = 128 - angle;
  if (dy < 0) angle = 256 - angle;
  return angle >= 256 ? angle - 256 : angle;
}

const facingRadius = 8;
const bins = 32;
/** A direction nearly as strong as the strongest is one more facing. */
const secondPeakShare = 0.85;

const facingWeights = new Float64Array((2 * facingRadius + 1) ** 2);
for (let y = -facingRadius; y <= facingRadius; y++)
  for (let x = -facingRadius; x <= facingRadius; x++) {
    const d = (x * x + y * y) / (facingRadius * facingRadius);
    facingWeights[(y + facingRadius) * (2 * facingRadius + 1) + x + facingRadius] = d >= 1 ? 0 : (1 - d) * (1 - d);
  }

/** Directions a keypoint faces: the highest peak of its gradient histogram first, others nearly as high after it. */
export function facingsOf(plane: Plane, x: number, y: number): number[] {
  const { width, height, data } = plane;
  const cx = Math.floor(x + 0.5);
  const cy = Math.floor(y + 0.5);
  const histogram = new Float64Array(bins);
  for (let j = -facingRadius; j <= facingRadius; j++) {
    const yy = cy + j;
    if (yy < 1 || yy >= height - 1) continue;
    for (let i = -facingRadius; i <= facingRadius; i++) {
      const weight = facingWeights[(j + facingRadius) * (2 * facingRadius + 1) + i + facingRadius] as number;
      const xx = cx + i;
      if (weight === 0 || xx < 1 || xx >= width - 1) continue;
      const at = yy * width + xx;
      const dx = (data[at + 1] as number) - (data[at - 1] as number);
      const dy = (data[at + width] as number) - (data[at - width] as number);
      const magnitude = Math.sqrt(dx * dx + dy * dy) * weight;
      if (magnitude === 0) continue;
      const place = directionOf(dx, dy) / (turn / bins);
      const low = Math.floor(place) % bins;
      const share = place - Math.floor(place);
      histogram[low] = (histogram[low] as number) + magnitude * (1 - share);
      histogram[(low + 1) % bins] = (histogram[(low + 1) % bins] as number) + magnitude * share;
    }
  }
  return peaksOf(smoothRing(smoothRing(histogram)));
}

function smoothRing(ring: Float64Array): Float64Array {
  return ring.map(
    (value, i) =>
      0.25 * (ring[(i + bins - 1) % bins] as number) + 0.5 * value + 0.25 * (ring[(i + 1) % bins] as number),
  );
}

function peaksOf(histogram: Float64Array): number[] {
  let max = 0;
  for (const value of histogram) max = Math.max(max, value);
  const peaks: { at: number; value: number }[] = [];
  for (let i = 0; i < bins; i++) {
    const before = histogram[(i + bins - 1) % bins] as number;
    const value = histogram[i] as number;
    const after = histogram[(i + 1) % bins] as number;
    if (value > before && value >= after && value >= secondPeakShare * max)
      peaks.push({ at: (i + vertex(before, value, after)) * (turn / bins), value });
  }
  peaks.sort((a, b) => b.value - a.value || a.at - b.at);
  return peaks.slice(0, 2).map(({ at }) => ((Math.floor(at + 0.5) % turn) + turn) % turn);
}

/** Samples a side of a descriptor's window. */
const side = 24;
export const cells = 4;
export const directions = 8;
export const vectorLength: number = cells * cells * 8;
const lattice = new Int32Array((side + 2) * (side + 2));

/** Share of a sample in the cells left and right (or above and below) of it. */
const cellLow = new Int32Array(side);
const cellShare = new Float64Array(side);
const taper = new Float64Array(side);
for (let i = 0; i < side; i++) {
  const place = (i + 0.5) / (side / cells) - 0.5;
  cellLow[i] = Math.floor(place);
  cellShare[i] = place - Math.floor(place);
  const d = (2 * (i + 0.5)) / side - 1;
  taper[i] = 1 - 0.7 * d * d;
}

/**
 * Histograms of gradient directions in 4 × 4 cells of the window around a keypoint, 8 directions each, relative to its facing;
 * each value is four times the square root of its sum (RootSIFT: Arandjelović, Zisserman, CVPR 2012), at most 2^13.
 *
 * @param at place in the plane, facing, and samples of the plane per sample of the window
 */
export function vectorOf(plane: Plane, at: { x: number; y: number; facing: number; step: number }): Int32Array {
  sampleWindow(plane, at);
  const pooled = new Float64Array((cells + 2) * (cells + 2) * directions);
  for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) pourSample(pooled, i, j);
  const vector = new Int32Array(vectorLength);
  for (let row = 0; row < cells; row++)
    for (let column = 0; column < cells; column++)
      for (let direction = 0; direction < directions; direction++) {
        const sum = pooled[((row + 1) * (cells + 2) + column + 1) * directions + direction] as number;
        vector[(row * cells + column) * directions + direction] = Math.floor(4 * Math.sqrt(sum));
      }
  return vector;
}

/** Adds a sample's gradient, as a sum of its two nearest of 8 directions, to the four cells around it. */
function pourSample(pooled: Float64Array, i: number, j: number): void {
  const wide = side + 2;
  const p = (j + 1) * wide + i + 1;
  const dx = (lattice[p + 1] as number) - (lattice[p - 1] as number);
  const dy = (lattice[p + wide] as number) - (lattice[p - wide] as number);
  const ax = Math.abs(dx);
  const ay = Math.abs(dy);
  const weight = (taper[i] as number) * (taper[j] as number);
  const straight = (ax > ay ? ax - ay : ay - ax) * weight;
  const diagonal = Math.SQRT2 * (ax > ay ? ay : ax) * weight;
  const right = cellShare[i] as number;
  const down = cellShare[j] as number;
  const cell = (((cellLow[j] as number) + 1) * (cells + 2) + (cellLow[i] as number) + 1) * directions;
  for (let below = 0; below < 2; below++)
    for (let beside = 0; beside < 2; beside++) {
      const share = (beside ? right : 1 - right) * (below ? down : 1 - down);
      const at = cell + (below * (cells + 2) + beside) * directions;
      const a = at + straightOf(dx, dy);
      const b = at + diagonalOf(dx, dy);
      pooled[a] = (pooled[a] as number) + share * straight;
      pooled[b] = (pooled[b] as number) + share * diagonal;
    }
}

function straightOf(dx: number, dy: number): number {
  if (Math.abs(dx) > Math.abs(dy)) return dx > 0 ? 0 : 4;
  return dy > 0 ? 2 : 6;
}

function diagonalOf(dx: number, dy: number): number {
  if (dx > 0) return dy > 0 ? 1 : 7;
  return dy > 0 ? 3 : 5;
}

function sampleWindow(plane: Plane, at: { x: number; y: number; facing: number; step: number }): void {
  const { width, height, data } = plane;
  const cos = (cosines[at.facing] as number) * at.step;
  const sin = (sines[at.facing] as number) * at.step;
  const half = (side + 1) / 2;
  for (let j = 0; j < side + 2; j++)
    for (let i = 0; i < side + 2; i++) {
      const u = i - half;
      const v = j - half;
      let x = at.x + u * cos - v * sin;
      let y = at.y + u * sin + v * cos;
      x = x < 0 ? 0 : x > width - 1.001 ? width - 1.001 : x;
      y = y < 0 ? 0 : y > height - 1.001 ? height - 1.001 : y;
      const xi = Math.floor(x);
      const yi = Math.floor(y);
      const fx = x - xi;
      const fy = y - yi;
      const p = yi * width + xi;
      const top = (data[p] as number) * (1 - fx) + (data[p + 1] as number) * fx;
      const bottom = (data[p + width] as number) * (1 - fx) + (data[p + width + 1] as number) * fx;
      lattice[j * (side + 2) + i] = Math.floor(top * (1 - fy) + bottom * fy + 0.5);
    }
}
