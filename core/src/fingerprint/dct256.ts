import { centredGrid } from "../kernels/centred-grid.ts";
import type { Rectangle } from "../kernels/centred-grid-reference.ts";
import { cutAtMedian } from "./cut-at-median.ts";
import { findContent } from "./find-content.ts";
import type { Algorithm } from "./fingerprint.ts";
import type { OrientedFingerprint } from "./oriented-fingerprint.ts";
import type { Pixels } from "./pixels.ts";

/** What `dct256` says of a picture: of the whole, and of what lies inside its flat borders where it has any. */
export interface Dct256 {
  readonly whole: OrientedFingerprint;
  readonly trimmed?: OrientedFingerprint;
}

const cells = 64;
const frequencies = 16;
/** A coefficient this far from zero stands clear of noise: a wave of a quarter of a grey level, or noise of 8 levels in each cell. */
const clearMin = 2 ** 40;

/**
 * Computes the `dct256` fingerprint of a picture of any size: the signs of its 16×16 lowest frequencies about their median, as PDQ has
 * them, but on a centred grid and in whole numbers throughout. So the codes of the other orientations are exactly those of the turned
 * or mirrored pixels, and rescaling moves few bits; an inverted picture has the opposite code but for rounding.
 *
 * Quality: the share, in percent, of the 256 bits that rest on a coefficient clear of noise: 0 for flat, striped and one-way pictures.
 * `trimmed` is there when borders of at least a cell, a 64th of the side, were found.
 * @throws RangeError when a side is empty or exceeds 131,072 pixels.
 * Source: docs/fingerprints.md.
 */
export function dct256(pixels: Pixels): Dct256 {
  const { width, height } = pixels;
  if (width < 1 || height < 1 || Math.max(width, height) > 131_072) {
    throw new RangeError(`dct256 takes sides of 1 to 131072 pixels, not ${width}×${height}`);
  }
  const whole = fingerprintPart(pixels, { left: 0, top: 0, width, height }, "dct256");
  const content = findContent(pixels);
  const hasBorder = (width - content.width) * cells >= width || (height - content.height) * cells >= height;
  return hasBorder ? { whole, trimmed: fingerprintPart(pixels, content, "dct256-trimmed") } : { whole };
}

function fingerprintPart(pixels: Pixels, part: Rectangle, algorithm: Algorithm): OrientedFingerprint {
  const coefficients = cosineTransform(centredGrid(pixels, part));
  const codes = cutAtMedian(coefficients);
  const clear = coefficients.reduce((count, value) => (Math.abs(value) >= clearMin ? count + 1 : count), 0);
  const quality = Math.trunc((100 * clear) / coefficients.length);
  return { fingerprint: { algorithm, code: codes.identity, quality }, codes };
}

/** `D · (grid − mean) · Dᵀ`: every sum stays below 2^52, so doubles hold it exactly, in any order. */
function cosineTransform(grid: Uint16Array): Float64Array {
  let total = 0;
  for (const value of grid) total += value;
  const mean = Math.floor(total / grid.length + 0.5);
  const centred = new Float64Array(grid);
  for (let at = 0; at < centred.length; at++) centred[at] = (centred[at] as number) - mean;
  return turnedTransform(turnedTransform(centred));
}

/** `(D · values)ᵀ`, of 64 rows. As a cosine's second half mirrors its first with its sign, each column is folded in the middle before. */
function turnedTransform(values: Float64Array): Float64Array {
  const columns = values.length / cells;
  const turned = new Float64Array(columns * frequencies);
  const halves = [new Float64Array(cells / 2), new Float64Array(cells / 2)] as const;
  for (let column = 0; column < columns; column++) {
    fold(values, { column, columns }, halves);
    for (let f = 0; f < frequencies; f++) {
      const half = halves[f % 2 === 0 ? 1 : 0];
      turned[column * frequencies + f] = weigh(half, f * half.length);
    }
  }
  return turned;
}

/** A half of a column times the cosines from an index on. One sum would wait for itself at each step; two do not. */
function weigh(half: Float64Array, from: number): number {
  let even = 0;
  let odd = 0;
  for (let k = 0; k < half.length; k += 2) {
    even += (cosines[from + k] as number) * (half[k] as number);
    odd += (cosines[from + k + 1] as number) * (half[k + 1] as number);
  }
  return even + odd;
}

/** A column's first half plus its mirrored second half, for even frequencies, and minus it, for odd ones. */
function fold(
  values: Float64Array,
  { column, columns }: { readonly column: number; readonly columns: number },
  [sums, differences]: readonly [Float64Array, Float64Array],
): void {
  for (let k = 0; k < cells / 2; k++) {
    const near = values[k * columns + column] as number;
    const far = values[(cells - 1 - k) * columns + column] as number;
    sums[k] = near + far;
    differences[k] = near - far;
  }
}

/** Frequencies 1 to 16 at the first 32 of the 64 cells, row-major, in 4096ths. */
const cosines = Float64Array.from({ length: (frequencies * cells) / 2 }, (_, at) => {
  const frequency = Math.trunc(at / (cells / 2)) + 1;
  const cell = at % (cells / 2);
  return Math.floor(4096 * Math.cos((Math.PI / 128) * frequency * (2 * cell + 1)) + 0.5);
});
