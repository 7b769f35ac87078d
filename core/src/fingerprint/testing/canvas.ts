/** A picture in colour that is being drawn on; what would fall outside of it is left out. */
export interface Canvas {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export type Colour = readonly [number, number, number];

/** Columns and rows that belong to the shape, the last ones included. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A straight stroke. */
export interface Stroke {
  readonly from: Point;
  readonly to: Point;
  readonly width: number;
}

/*
 * Shapes cover the very pixels that Pillow 9.4.0 gives them: its values of what was drawn are known. Found by reading how it decides and by
 * comparing with what it draws.
 */

/** Fills a rectangle. */
export function fillRectangle(canvas: Canvas, { left, top, right, bottom }: Box, colour: Colour): void {
  for (let y = top; y <= bottom; y++) fillRow(canvas, { y, left, right }, colour);
}

/** Fills the ellipse that touches the box from within. */
export function fillEllipse(canvas: Canvas, { left, top, right, bottom }: Box, colour: Colour): void {
  const [width, height] = [right - left, bottom - top];
  for (const { x, y } of widestPoints(width, height)) {
    const row = { left: left + (width - x) / 2, right: left + (width + x) / 2 };
    fillRow(canvas, { ...row, y: top + (height - y) / 2 }, colour);
    fillRow(canvas, { ...row, y: top + (height + y) / 2 }, colour);
  }
}

/**
 * The outermost point of each row of an ellipse's quarter, measured from its centre in halves of a pixel, so that a centre between two
 * pixels is a whole number too. The outline climbs from the side to the top, each time to that neighbour which is nearest to the curve.
 */
function widestPoints(width: number, height: number): readonly Point[] {
  const deviation = ({ x, y }: Point) => Math.abs((width * y) ** 2 + (height * x) ** 2 - (width * height) ** 2);
  const points: Point[] = [];
  let at: Point = { x: width, y: height % 2 };
  points.push(at);
  while (at.x > width % 2 || at.y < height) {
    const { x, y } = at;
    const steps: Point[] = [{ x, y: y + 2 }];
    if (x > 1) steps.push({ x: x - 2, y: y + 2 }, { x: x - 2, y });
    at = steps.reduce((nearest, step) => (deviation(step) < deviation(nearest) ? step : nearest));
    if (at.y > y) points.push(at);
  }
  return points;
}

/** Draws a line with its two ends. */
export function drawLine(canvas: Canvas, stroke: Stroke, colour: Colour): void {
  const { from, to, width } = stroke;
  if (width > 1 && (from.x !== to.x || from.y !== to.y)) fillSlanted(canvas, stroke, colour);
  else drawThin(canvas, stroke, colour);
}

/** A line of one pixel's width: halves of a pixel go away from the start. */
function drawThin(canvas: Canvas, { from, to }: Stroke, colour: Colour): void {
  const [across, down] = [to.x - from.x, to.y - from.y];
  const length = Math.max(Math.abs(across), Math.abs(down));
  const part = (way: number, step: number) => halfUp((way * step) / Math.max(1, length));
  for (let step = 0; step <= length; step++) {
    const x = from.x + part(across, step);
    fillRow(canvas, { y: from.y + part(down, step), left: x, right: x }, colour);
  }
}

/** A side of a slanted box that crosses rows: where it is in its own row `y`, and how far it goes to the right from row to row. */
interface Side {
  readonly x: number;
  readonly y: number;
  readonly slope: number;
  readonly top: number;
  readonly bottom: number;
}

/** Fills a stroke that is more than a pixel wide: a box around it whose corners lie on pixels. */
function fillSlanted(canvas: Canvas, stroke: Stroke, colour: Colour): void {
  const corners = cornersOf(stroke);
  const sides: Side[] = [];
  for (const [index, start] of corners.entries()) {
    const end = corners[(index + 1) % corners.length] as Point;
    if (start.y === end.y)
      fillRow(canvas, { y: start.y, left: Math.min(start.x, end.x), right: Math.max(start.x, end.x) }, colour);
    else sides.push(sideBetween(start, end));
  }
  const top = Math.min(...sides.map((side) => side.top));
  const bottom = Math.max(...sides.map((side) => side.bottom));
  for (let y = top; y <= bottom; y++) {
    const crossed = sides.filter((side) => side.top <= y && y <= side.bottom);
    const columns = crossed.map((side) => columnAt(side, y));
    if (y === top) columns.push(...reachOfTip(crossed, y, 1));
    if (y === bottom) columns.push(...reachOfTip(crossed, y, -1));
    fillRow(canvas, { y, left: halfUp(Math.min(...columns)), right: halfDown(Math.max(...columns)) }, colour);
  }
}

function cornersOf({ from, to, width }: Stroke): readonly Point[] {
  const [across, down] = [to.x - from.x, to.y - from.y];
  const length = Math.sqrt(across ** 2 + down ** 2);
  // Of an even width one side is a pixel farther from the middle.
  const [far, near] = [halfUp((width - 1) / 2) / length, halfDown((width - 1) / 2) / length];
  const before = { x: -halfDown(near * down), y: halfDown(far * across) };
  const behind = { x: halfDown(far * down), y: -halfDown(near * across) };
  return [moved(from, before), moved(to, before), moved(to, behind), moved(from, behind)];
}

function moved({ x, y }: Point, by: Point): Point {
  return { x: x + by.x, y: y + by.y };
}

function sideBetween({ x, y }: Point, end: Point): Side {
  return { x, y, slope: Math.fround((end.x - x) / (end.y - y)), top: Math.min(y, end.y), bottom: Math.max(y, end.y) };
}

/** In 32 bits, as half a column decides. */
function columnAt({ x, y, slope }: Side, row: number): number {
  return Math.fround(Math.fround((row - y) * slope) + x);
}

/** Where two sides meet in the first or last row, the tip of a flat box reaches to its next row: `inwards` is the way there. */
function reachOfTip(sides: readonly Side[], y: number, inwards: 1 | -1): readonly number[] {
  const slanted = sides.filter(({ slope }) => slope !== 0);
  const [one, other] = slanted;
  if (one === undefined || other === undefined) return [];
  const tip = columnAt(other, y);
  if (halfUp(tip) !== halfUp(columnAt(one, y))) return [];
  const next = [columnAt(one, y + inwards), columnAt(other, y + inwards)];
  if (next.every((column) => tip > column + 1)) return [halfUp(Math.max(...next)) + 1];
  if (next.every((column) => tip < column - 1)) return [halfUp(Math.min(...next)) - 1];
  return [];
}

/** The nearest whole number, of two the one farther from zero. */
function halfUp(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

/** The nearest whole number, of two the one nearer to zero. */
function halfDown(value: number): number {
  return Math.sign(value) * Math.ceil(Math.abs(value) - 0.5);
}

function fillRow(
  { data, width, height }: Canvas,
  { y, left, right }: { readonly y: number; readonly left: number; readonly right: number },
  colour: Colour,
): void {
  if (y < 0 || y >= height) return;
  for (let x = Math.max(0, left); x <= Math.min(width - 1, right); x++) data.set(colour, (y * width + x) * 3);
}
