import type { Miniature } from "../features/miniature.ts";

/** Grey levels within which a row is of one colour. */
const sameGrey = 5;
/** The share of a row's cells that must be. */
const flatShare = 0.9;
/** Rows together that need not be of one colour, as a share of the side: a line of text in a bar. */
const gapShare = 0.08;
/** Less than this share of the side between two bars is no picture. */
const pictureMin = 0.25;

/** What of a miniature lies between bars, in cells: from `left` and `top` to before `right` and `bottom`. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The picture without what was put above, below and beside it: the page of a screenshot, the bar of a meme, black bars. A bar is a block of rows
 * (or columns) from an edge on, each of one colour, with lines of text between them.
 */
export function frameOf({ side, data }: Miniature): Frame {
  const [top, bottom] = barsOf((row, i) => data[row * side + i] as number, { side, from: 0, to: side });
  const [left, right] = barsOf((column, i) => data[i * side + column] as number, { side, from: top, to: bottom });
  return { left, top, right, bottom };
}

/** The first line behind the bar at the one edge, and the one behind the last before the other bar. */
function barsOf(
  greyAt: (line: number, i: number) => number,
  { side, from, to }: { side: number; from: number; to: number },
): [number, number] {
  const othersMax = to - from - flatShare * (to - from);
  const isFlat = (line: number): boolean => {
    const edge = greyAt(line, from);
    let others = 0;
    for (let i = from; i < to && others <= othersMax; i++) if (Math.abs(greyAt(line, i) - edge) > sameGrey) others++;
    return others <= othersMax;
  };
  const first = barLength(isFlat, side);
  const last = side - barLength((line) => isFlat(side - 1 - line), side);
  return last - first < pictureMin * side ? [0, side] : [first, last];
}

function barLength(isFlat: (line: number) => boolean, side: number): number {
  let length = 0;
  for (let line = 0; line < side && line - length <= gapShare * side; line++) if (isFlat(line)) length = line + 1;
  return length;
}
