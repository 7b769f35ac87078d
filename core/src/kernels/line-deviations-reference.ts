import { type Rectangle, readLuma } from "./centred-grid-reference.ts";
import type { SampledRows } from "./pdq-reference.ts";

/** Which lines of a part of a picture, and the luma that they are compared with: the sum of a line's as many pixels. */
export interface LineComparison {
  readonly part: Rectangle;
  readonly lines: "rows" | "columns";
  readonly total: number;
}

/**
 * For each row or column of a part, from the top or left on, the sum of all `|length · luma − total|`: how far its pixels lie from the
 * mean of the line that `total` was summed over. Means themselves would have to be rounded.
 *
 * Shape: luma in 256ths of a grey level, sides up to 131,072 pixels: all values are whole and below 2^53.
 */
export function lineDeviationsReference(rows: SampledRows, { part, lines, total }: LineComparison): Float64Array {
  const isRows = lines === "rows";
  const line = new Int32Array(isRows ? part.width : part.height);
  const corner = part.top * rows.width + part.left;
  const [stride, next] = isRows ? [1, rows.width] : [rows.width, 1];
  return Float64Array.from({ length: isRows ? part.height : part.width }, (_, number) => {
    readLuma(rows, { start: corner + number * next, stride }, line);
    let sum = 0;
    for (const luma of line) sum += Math.abs(luma * line.length - total);
    return sum;
  });
}

/** The luma of a part's first row or column, added up. */
export function totalOf(rows: SampledRows, { part, lines }: Pick<LineComparison, "part" | "lines">): number {
  const line = new Int32Array(lines === "rows" ? part.width : part.height);
  readLuma(rows, { start: part.top * rows.width + part.left, stride: lines === "rows" ? 1 : rows.width }, line);
  let total = 0;
  for (const luma of line) total += luma;
  return total;
}
