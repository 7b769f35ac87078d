import { type Line, type Rectangle, readLuma } from "../kernels/centred-grid-reference.ts";
import type { Pixels } from "./pixels.ts";

/** Mean deviation, in 256ths of a grey level, up to which a line belongs to a flat border: JPEG's ringing stays below, pictures seldom. */
const deviationMax = 6 * 256;
/** Borders are taken off in rounds, since a letterbox may lie within a frame. */
const roundsMax = 4;

/**
 * Finds the part of a picture inside its flat borders: frames, letterboxes, margins of any one colour, each side by itself.
 *
 * A line belongs to a border when its luma deviates little, on average, from the mean of the outermost line. Where less than a third of
 * the width or height would be left, the picture is taken as it is. All sums are of whole numbers and all four sides are judged before
 * any is cut, so the content of a turned picture is the turned content.
 */
export function findContent(pixels: Pixels): Rectangle {
  let content: Rectangle = { left: 0, top: 0, width: pixels.width, height: pixels.height };
  for (let round = 0; round < roundsMax; round++) {
    const { left, top, width, height } = content;
    const corner = top * pixels.width + left;
    const columns = { stride: pixels.width, lines: width, length: height };
    const rows = { stride: 1, lines: height, length: width };
    const west = countFlat(pixels, { ...columns, start: corner, inwards: 1 });
    const east = countFlat(pixels, { ...columns, start: corner + width - 1, inwards: -1 });
    const north = countFlat(pixels, { ...rows, start: corner, inwards: pixels.width });
    const south = countFlat(pixels, { ...rows, start: corner + (height - 1) * pixels.width, inwards: -pixels.width });
    const inside = { left: left + west, top: top + north, width: width - west - east, height: height - north - south };
    if (west + east + north + south === 0) break;
    if (inside.width * 3 < pixels.width || inside.height * 3 < pixels.height) break;
    content = inside;
  }
  return content;
}

/** A side of the content as lines from the outermost inwards. */
interface Side extends Line {
  /** Pixels from a line to the next one inwards. */
  readonly inwards: number;
  readonly lines: number;
  readonly length: number;
}

/** How many lines from the outermost on are flat and like it. */
function countFlat(pixels: Pixels, { start, stride, inwards, lines, length }: Side): number {
  const line = new Int32Array(length);
  let total = 0;
  for (let depth = 0; depth < lines; depth++) {
    readLuma(pixels, { start: start + depth * inwards, stride }, line);
    if (depth === 0) total = line.reduce((sum, value) => sum + value, 0);
    if (sumDeviations(line, total) > deviationMax * length ** 2) return depth;
  }
  return lines;
}

/** The sum of all `|value·length − total|`: means would have to be rounded. Values above the mean and the others are summed apart. */
function sumDeviations(line: Int32Array, total: number): number {
  const mean = Math.floor(total / line.length);
  let sum = 0;
  let sumAbove = 0;
  let above = 0;
  for (let at = 0; at < line.length; at++) {
    const value = line[at] as number;
    sum += value;
    if (value <= mean) continue;
    sumAbove += value;
    above++;
  }
  return line.length * (2 * sumAbove - sum) - total * (2 * above - line.length);
}
