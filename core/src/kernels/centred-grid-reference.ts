import type { SampledRows } from "./pdq-reference.ts";

/** A part of a picture, in whole pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Cells along each side of the grid. */
export const cells = 64;
/** The weights of a cell along one side add up to this. */
const unity = 2 ** 14;

/** For each cell: the first pixel that it covers, and whole weights of the pixels from there on. */
export interface Tents {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Int32Array;
}

/**
 * Averages a part of a picture over 64×64 cells centred on it, in whole numbers: 0 is black, 65,280 white; row-major.
 *
 * Each cell is a tent two cells wide, cut at the picture's edge, integrated exactly over each pixel. Cells of the second half mirror
 * those of the first, and sums of whole numbers know no order: so the grid of a turned or mirrored picture is the turned or mirrored grid.
 * Shape: sides up to 131,072 pixels, beyond which the weights would no longer be exact.
 */
export function centredGridReference(rows: SampledRows, part: Rectangle): Uint16Array {
  const across = tentsOver(part.width);
  const down = tentsOver(part.height);
  const sums = new Float64Array(cells * cells);
  const luma = new Int32Array(part.width);
  const rowSums = new Int32Array(cells);
  for (let y = 0; y < part.height; y++) {
    readLuma(rows, { start: (part.top + y) * rows.width + part.left, stride: 1 }, luma);
    sumRow(luma, across, rowSums);
    for (let i = 0; i < cells; i++) {
      const tap = y - (down.starts[i] as number);
      if (tap < 0 || tap >= down.taps) continue;
      addRow(sums.subarray(i * cells, (i + 1) * cells), rowSums, down.weights[i * down.taps + tap] as number);
    }
  }
  return Uint16Array.from(sums, (sum) => Math.floor(sum / unity ** 2 + 0.5));
}

/** Pixels in a line, by their number from the picture's first. */
export interface Line {
  readonly start: number;
  readonly stride: number;
}

/** Reads as many pixels of a line as `luma` holds: in 256ths of a grey level, 77 R + 150 G + 29 B. */
export function readLuma({ data, channels }: SampledRows, { start, stride }: Line, luma: Int32Array): void {
  const step = stride * channels;
  let at = start * channels;
  if (channels === 1) {
    for (let x = 0; x < luma.length; x++, at += step) luma[x] = (data[at] as number) << 8;
    return;
  }
  for (let x = 0; x < luma.length; x++, at += step) {
    luma[x] = 77 * (data[at] as number) + 150 * (data[at + 1] as number) + 29 * (data[at + 2] as number);
  }
}

function sumRow(luma: Int32Array, { taps, starts, weights }: Tents, sums: Int32Array): void {
  for (let j = 0; j < cells; j++) {
    const start = starts[j] as number;
    const from = j * taps;
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += (weights[from + k] as number) * (luma[start + k] as number);
    sums[j] = sum;
  }
}

function addRow(sums: Float64Array, row: Int32Array, weight: number): void {
  for (let j = 0; j < cells; j++) sums[j] = (sums[j] as number) + weight * (row[j] as number);
}

const known = new Map<number, Tents>();

/** Weights for a side of so many pixels; the last few are kept, since pictures tend to share their sides. */
export function tentsOver(length: number): Tents {
  const found = known.get(length);
  if (found !== undefined) return found;
  if (known.size >= 16) known.clear();
  const made = makeTents(length);
  known.set(length, made);
  return made;
}

function makeTents(length: number): Tents {
  // In 128ths of a pixel cell `i` is centred at (2i + 1)·length, and its tent reaches 2·length to either side: all whole numbers.
  const reach = 2 * length;
  const taps = Math.min(length, Math.ceil(length / 32) + 1);
  const starts = new Int32Array(cells);
  const weights = new Int32Array(cells * taps);
  for (let i = 0; i < cells / 2; i++) {
    const centre = (2 * i + 1) * length;
    const start = Math.min(length - taps, Math.max(0, Math.floor((centre - reach) / 128)));
    const below = areaTo(Math.max(-centre, -reach), reach);
    const area = areaTo(Math.min(128 * length - centre, reach), reach) - below;
    const share = (x: number) =>
      Math.floor((2 * unity * (areaTo(128 * x - centre, reach) - below) + area) / (2 * area));
    const mirror = cells - 1 - i;
    starts[i] = start;
    starts[mirror] = length - start - taps;
    for (let k = 0; k < taps; k++) {
      const weight = share(start + k + 1) - share(start + k);
      weights[i * taps + k] = weight;
      weights[mirror * taps + taps - 1 - k] = weight;
    }
  }
  return { taps, starts, weights };
}

/** Twice the area of a tent of this reach and height, from its left end up to `at` from its centre. */
function areaTo(at: number, reach: number): number {
  const within = Math.max(-reach, Math.min(reach, at));
  return within <= 0 ? (reach + within) ** 2 : 2 * reach ** 2 - (reach - within) ** 2;
}
