import type { Match } from "../api/shapes.ts";

/** Width and height in pixels, as a person sees the picture. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A point: x to the right, y down. */
export type Point = readonly [x: number, y: number];

/** A map of the plane: x′ = a·x + b·y + c, y′ = d·x + e·y + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Where the query's pixels lie on the stored picture: as geometry found, or else by the orientation, both pictures whole. */
export function alignmentOf(match: Match, query: Size): Affine {
  const [a, b, c, d, e, f] = match.transform ?? [];
  if (a !== undefined && b !== undefined && c !== undefined && d !== undefined && e !== undefined && f !== undefined)
    return [a, b, c, d, e, f];
  const [u, v] = wholeBy[match.orientation];
  const { width, height } = match.image;
  return [...scaled(u, width, query), ...scaled(v, height, query)];
}

/** Where on each picture the other one lies, when they share only a part; `undefined` for copies of the whole. */
export function sharedParts(
  match: Match,
  query: Size,
): { readonly ofQuery: readonly Point[] | undefined; readonly ofStored: readonly Point[] } | undefined {
  if (match.verdict !== "partial" || match.transform === undefined) return undefined;
  const alignment = alignmentOf(match, query);
  const back = inverseOf(alignment);
  return { ofQuery: back && cornersOf(match.image, back), ofStored: cornersOf(query, alignment) };
}

/** A row of a map of the unit square: how much of x, how much of y, and from where. */
type Row = readonly [x: number, y: number, from: number];

const right: Row = [1, 0, 0];
const left: Row = [-1, 0, 1];
const down: Row = [0, 1, 0];
const up: Row = [0, -1, 1];

/** From the query's place to the stored picture's, both as shares of a side; an orientation says what was done to the stored picture. */
const wholeBy: Readonly<Record<Match["orientation"], readonly [Row, Row]>> = {
  identity: [right, down],
  "rotate-90": [down, left],
  "rotate-180": [left, up],
  "rotate-270": [up, right],
  "flip-horizontal": [left, down],
  "flip-vertical": [right, up],
  transpose: [down, right],
  transverse: [up, left],
};

function scaled([x, y, from]: Row, side: number, query: Size): [number, number, number] {
  return [(x * side) / query.width, (y * side) / query.height, from * side];
}

/** The way back; `undefined` for a map that flattens the picture. */
function inverseOf([a, b, c, d, e, f]: Affine): Affine | undefined {
  const determinant = a * e - b * d;
  if (Math.abs(determinant) < 1e-9) return undefined;
  const [ia, ib, id, ie] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)];
}

/** Where the four corners of a picture of this size come to lie. */
function cornersOf({ width, height }: Size, [a, b, c, d, e, f]: Affine): Point[] {
  const corners: readonly Point[] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  return corners.map(([x, y]) => [a * x + b * y + c, d * x + e * y + f]);
}

/** The map as CSS writes it, the result enlarged by `scale`. CSS counts by columns. */
export function cssMatrix([a, b, c, d, e, f]: Affine, scale: number): string {
  return `matrix(${[a, d, b, e, c, f].map((value) => value * scale).join(", ")})`;
}
