import type { Rectangle } from "../kernels/centred-grid-reference.ts";
import { lineDeviations } from "../kernels/line-deviations.ts";
import { type LineComparison, lineDeviationsReference, totalOf } from "../kernels/line-deviations-reference.ts";
import type { Pixels } from "./pixels.ts";

/** Mean deviation, in 256ths of a grey level, up to which a line belongs to a flat border: JPEG's ringing stays below, pictures seldom. */
const deviationMax = 6 * 256;
/** Borders are taken off in rounds, since a letterbox may lie within a frame. */
const roundsMax = 4;
/** Lines that are looked at together once the outermost one is flat; columns are cheaper by the wide strip, of which a narrow border wastes some. */
const linesAtOnce = { rows: 8, columns: 64, columnsOfWideBorder: 256 };

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
    const inside = withoutBorders(pixels, content);
    if (inside === undefined) break;
    content = inside;
  }
  return content;
}

/** The content without the flat lines on each side; `undefined` when there are none, or so many that too little would be left. */
function withoutBorders(pixels: Pixels, content: Rectangle): Rectangle | undefined {
  const rows = countBorders(pixels, content, "rows");
  const columns = rows && countBorders(pixels, content, "columns");
  if (!columns || rows.first + rows.last + columns.first + columns.last === 0) return undefined;
  return {
    left: content.left + columns.first,
    top: content.top + rows.first,
    width: content.width - columns.first - columns.last,
    height: content.height - rows.first - rows.last,
  };
}

/**
 * How many rows are flat from the first and from the last one on, or columns; `undefined` when less than a third would be left.
 * The search ends as soon as that is certain: so over all rounds a pixel is looked at about once among rows and once among columns.
 */
function countBorders(pixels: Pixels, content: Rectangle, lines: Lines): Record<End, number> | undefined {
  const linesMax =
    lines === "rows" ? content.height - Math.ceil(pixels.height / 3) : content.width - Math.ceil(pixels.width / 3);
  const first = countFlat(pixels, { content, lines, end: "first", linesMax });
  if (first > linesMax) return undefined;
  const last = countFlat(pixels, { content, lines, end: "last", linesMax: linesMax - first });
  return first + last > linesMax ? undefined : { first, last };
}

type Lines = LineComparison["lines"];
/** Where lines are counted from: the top or left of the content, or its bottom or right. */
type End = "first" | "last";

interface Side {
  readonly content: Rectangle;
  readonly lines: Lines;
  readonly end: End;
  readonly linesMax: number;
}

/** How many lines from the outermost on are flat and like it; one more than `linesMax` where more are. */
function countFlat(pixels: Pixels, side: Side): number {
  const { content, lines, end, linesMax } = side;
  const outermost = { part: partOf(side, 0, 1), lines };
  const total = totalOf(pixels, outermost);
  const sumMax = deviationMax * (lines === "rows" ? content.width : content.height) ** 2;
  const [deviation = 0] = lineDeviationsReference(pixels, { ...outermost, total });
  if (deviation > sumMax) return 0;
  for (let depth = 1, next = depth; depth <= linesMax; depth = next) {
    next = Math.min(depth + atOnce(lines, depth), linesMax + 1);
    const part = partOf(side, depth, next - depth);
    const deviations = lineDeviations(pixels, { part, lines, total });
    const inwards = end === "first" ? deviations : deviations.reverse();
    const flat = inwards.findIndex((deviation) => deviation > sumMax);
    if (flat >= 0) return depth + flat;
  }
  return linesMax + 1;
}

function atOnce(lines: Lines, depth: number): number {
  return depth > 1 && lines === "columns" ? linesAtOnce.columnsOfWideBorder : linesAtOnce[lines];
}

/** So many lines of the content at a depth from a side. */
function partOf({ content, lines, end }: Side, depth: number, count: number): Rectangle {
  const { left, top, width, height } = content;
  if (lines === "rows")
    return { left, top: end === "first" ? top + depth : top + height - depth - count, width, height: count };
  return { left: end === "first" ? left + depth : left + width - depth - count, top, width: count, height };
}
