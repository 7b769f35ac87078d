import { type Rectangle, readLuma } from "../kernels/centred-grid.ts";
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
    const west = countFlat(width, (depth) => columnOf(pixels, content, depth));
    const east = countFlat(width, (depth) => columnOf(pixels, content, width - 1 - depth));
    const north = countFlat(height, (depth) => rowOf(pixels, content, depth));
    const south = countFlat(height, (depth) => rowOf(pixels, content, height - 1 - depth));
    const inside = { left: left + west, top: top + north, width: width - west - east, height: height - north - south };
    if (west + east + north + south === 0) break;
    if (inside.width * 3 < pixels.width || inside.height * 3 < pixels.height) break;
    content = inside;
  }
  return content;
}

/** How many lines from the outermost on are flat and like it. */
function countFlat(lines: number, lineAt: (depth: number) => Int32Array): number {
  const outermost = lineAt(0);
  // Means would have to be rounded, so both sides of each comparison are multiplied by the number of samples.
  const total = outermost.reduce((sum, value) => sum + value, 0);
  for (let depth = 0; depth < lines; depth++) {
    const line = depth === 0 ? outermost : lineAt(depth);
    let deviation = 0;
    for (const value of line) deviation += Math.abs(value * line.length - total);
    if (deviation > deviationMax * line.length ** 2) return depth;
  }
  return lines;
}

function rowOf(pixels: Pixels, { left, top, width }: Rectangle, depth: number): Int32Array {
  const line = new Int32Array(width);
  readLuma(pixels, { start: (top + depth) * pixels.width + left, stride: 1 }, line);
  return line;
}

function columnOf(pixels: Pixels, { left, top, height }: Rectangle, depth: number): Int32Array {
  const line = new Int32Array(height);
  readLuma(pixels, { start: top * pixels.width + left + depth, stride: pixels.width }, line);
  return line;
}
