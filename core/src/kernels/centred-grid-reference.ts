import type { SampledRows } from "./pdq-reference.ts";
import { cells, type Tents, tentsOver, unity } from "./tents.ts";

/** A part of a picture, in whole pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Averages a part of a picture over 64×64 cells centred on it, in whole numbers: 0 is black, 65,280 white; row-major.
 *
 * Each cell is a tent two cells wide, cut at the picture's edge, integrated exactly over each pixel. Cells of the second half mirror
 * those of the first, and sums of whole numbers know no order: so the grid of a turned or mirrored picture is the turned or mirrored grid.
 * Shape: sides up to 131,072 pixels, beyond which the weights would no longer be exact.
 */
export function centredGridReference(rows: SampledRows, part: Rectangle): Uint16Array {
  return tentGridReference(rows, part, { across: tentsOver(part.width), down: tentsOver(part.height) });
}

/** The tents of both sides of a part. */
export interface GridTents {
  readonly across: Tents;
  readonly down: Tents;
}

/** The same with any tents. */
export function tentGridReference(rows: SampledRows, part: Rectangle, { across, down }: GridTents): Uint16Array {
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
