import { storedMiniatureSide as side } from "../features/miniature.ts";

/** Cells of a window along its side. */
const windowCells = 5;
const count = windowCells * windowCells;
/** Least variance of a window to speak of detail: that of two and a half grey levels. */
const varianceMin = 6.25;
/** An alignment is off by a cell at most: each window is also compared with the eight beside it. */
const shifts: readonly number[] = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x) => y * side + x));

/** Windows with detail in both pictures. */
export interface WindowCorrelations {
  /** Best correlation of each. */
  readonly correlations: Float32Array;
  /** Standard deviation of what is expected in each, in grey levels. */
  readonly contrasts: Float32Array;
}

/** Compares two squares of greys window by window; windows that touch an unknown cell (NaN) are left out. */
export function windowCorrelations(expected: Float32Array, seen: Float32Array): WindowCorrelations {
  const own = momentsOf(expected);
  const other = momentsOf(seen);
  const products = shifts.map((shift) => boxSums(productsOf(expected, seen, shift)));
  const correlations = new Float32Array(expected.length);
  const contrasts = new Float32Array(expected.length);
  let windows = 0;
  for (let at = 0; at < expected.length; at++) {
    const variance = own.variances[at] as number;
    if (!(variance >= varianceMin && (other.variances[at] as number) >= varianceMin)) continue;
    let best = -1;
    for (let k = 0; k < shifts.length; k++) {
      const beside = at + (shifts[k] as number);
      const otherVariance = other.variances[beside] as number;
      if (!(otherVariance > 1)) continue;
      const common = ((products[k] as Float64Array)[at] as number) / count;
      const covariance = common - (own.means[at] as number) * (other.means[beside] as number);
      const correlation = covariance / Math.sqrt(variance * otherVariance);
      if (correlation > best) best = correlation;
    }
    correlations[windows] = best;
    contrasts[windows++] = Math.sqrt(variance);
  }
  return { correlations: correlations.subarray(0, windows), contrasts: contrasts.subarray(0, windows) };
}

/** Mean and variance of the window that starts at each cell. */
function momentsOf(greys: Float32Array): { means: Float64Array; variances: Float64Array } {
  const means = boxSums(Float64Array.from(greys)).map((sum) => sum / count);
  const squares = boxSums(productsOf(greys, greys, 0));
  return { means, variances: squares.map((sum, i) => sum / count - (means[i] as number) * (means[i] as number)) };
}

function productsOf(a: Float32Array, b: Float32Array, shift: number): Float64Array {
  const products = new Float64Array(a.length).fill(Number.NaN);
  const end = Math.min(a.length, a.length - shift);
  for (let i = Math.max(0, -shift); i < end; i++) products[i] = (a[i] as number) * (b[i + shift] as number);
  return products;
}

/** The sum of the window that starts at each cell; NaN where a window does not fit or touches an unknown cell. */
function boxSums(values: Float64Array): Float64Array {
  const rows = new Float64Array(values.length).fill(Number.NaN);
  for (let y = 0; y < side; y++)
    for (let at = y * side; at <= (y + 1) * side - windowCells; at++) rows[at] = sumOfFive(values, at, 1);
  const sums = new Float64Array(values.length).fill(Number.NaN);
  for (let at = 0; at < (side - windowCells + 1) * side; at++) sums[at] = sumOfFive(rows, at, side);
  return sums;
}

function sumOfFive(values: Float64Array, at: number, stride: number): number {
  return (
    (values[at] as number) +
    (values[at + stride] as number) +
    (values[at + 2 * stride] as number) +
    (values[at + 3 * stride] as number) +
    (values[at + 4 * stride] as number)
  );
}
