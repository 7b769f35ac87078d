import type { Miniature } from "../features/miniature.ts";

/** Cells along the horizontal and the vertical edge that a corner's fill takes. */
interface Legs {
  readonly across: number;
  readonly down: number;
}

/** Whether a place, in cells of a miniature, is filled. */
export type CornerFill = (x: number, y: number) => boolean;

/** Grey levels within which a fill is one colour: compression stains it. */
const sameGrey = 8;
/** Cells by which legs that belong together may differ, as a share of the side: a blurred edge, a narrow corner. */
const slack = 0.08;
/** Cells along a fill's edge that show some of the picture, and so are not of its colour. */
const edgeCells = 1.5;

/**
 * The four triangles that turning a picture leaves to be filled; `undefined` for a picture that was not turned. Only where the corners are of one colour and their legs fit a turned rectangle: those of one edge add up to it, and
 * those of opposite corners are alike.
 */
export function cornerFillOf({ side, data }: Miniature): CornerFill | undefined {
  const last = side - 1;
  const greyAt = (x: number, y: number): number => data[y * side + x] as number;
  const fill = greyAt(0, 0);
  const legsAt = (fromRight: boolean, fromBottom: boolean): Legs | undefined => {
    const isFill: CornerFill = (x, y) =>
      Math.abs(greyAt(fromRight ? last - x : x, fromBottom ? last - y : y) - fill) <= sameGrey;
    return triangleOf(isFill, side);
  };
  const [topLeft, topRight] = [legsAt(false, false), legsAt(true, false)];
  const [bottomLeft, bottomRight] = [legsAt(false, true), legsAt(true, true)];
  if (!topLeft || !topRight || !bottomLeft || !bottomRight) return undefined;
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= slack * side;
  const fits =
    isNear(topLeft.across + topRight.across, side) &&
    isNear(topLeft.down + bottomLeft.down, side) &&
    isNear(topLeft.across, bottomRight.across) &&
    isNear(topLeft.down, bottomRight.down) &&
    isNear(topRight.across, bottomLeft.across) &&
    isNear(topRight.down, bottomLeft.down);
  if (!fits) return undefined;
  return (x, y) =>
    isWithin(topLeft, x, y) ||
    isWithin(topRight, side - x, y) ||
    isWithin(bottomLeft, x, side - y) ||
    isWithin(bottomRight, side - x, side - y);
}

function isWithin({ across, down }: Legs, x: number, y: number): boolean {
  return x / across + y / down < 1;
}

/** The legs of the filled triangle at a corner from which places are counted; `undefined` when what is filled is no triangle. */
function triangleOf(isFill: CornerFill, side: number): Legs | undefined {
  const across = runOf((at) => isFill(at, 0), side);
  const down = runOf((at) => isFill(0, at), side);
  if (across < 2 || down < 2 || across === side || down === side) return undefined;
  let off = 0;
  for (let y = 0; y < down; y++) off += Math.abs(runOf((x) => isFill(x, y), side) - across * (1 - (y + 0.5) / down));
  if (off > down + 0.1 * across * down) return undefined;
  return { across: across + (edgeCells * across) / down, down: down + (edgeCells * down) / across };
}

function runOf(isFill: (at: number) => boolean, side: number): number {
  let at = 0;
  while (at < side && isFill(at)) at++;
  return at;
}
