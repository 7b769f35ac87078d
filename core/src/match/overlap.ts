import { determinantOf, mapPoint, type Transform } from "./transform.ts";

/** A picture's size, in whatever unit its transform uses. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** How much of each picture the other one shows: 0–100. */
export interface Overlap {
  readonly queryOverlapPercent: number;
  readonly targetOverlapPercent: number;
}

type Point = readonly [number, number];

/** The common area of two pictures, of which the transform lays the query on the target. */
export function overlapOf(transform: Transform, query: Extent, target: Extent): Overlap {
  const common = areaOf(
    clip(
      cornersOf(query).map(([x, y]) => mapPoint(transform, x, y)),
      target,
    ),
  );
  const area = Math.abs(determinantOf(transform)) * query.width * query.height;
  return {
    queryOverlapPercent: percentOf(common, area),
    targetOverlapPercent: percentOf(common, target.width * target.height),
  };
}

/** The four corners, clockwise from the top left. */
export function cornersOf({ width, height }: Extent): readonly Point[] {
  return [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
}

function percentOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
}

/** What of a convex polygon lies on the picture (Sutherland, Hodgman, CACM 1974). */
function clip(polygon: readonly Point[], { width, height }: Extent): readonly Point[] {
  const sides: readonly ((point: Point) => number)[] = [
    ([x]) => x,
    ([x]) => width - x,
    ([, y]) => y,
    ([, y]) => height - y,
  ];
  return sides.reduce((points, inside) => clipSide(points, inside), polygon);
}

function clipSide(polygon: readonly Point[], inside: (point: Point) => number): Point[] {
  return polygon.flatMap((point, i) => {
    const before = polygon.at(i - 1) as Point;
    const here = inside(point);
    const there = inside(before);
    const kept = here >= 0 ? [point] : [];
    return here >= 0 === there >= 0 ? kept : [between(before, point, there / (there - here)), ...kept];
  });
}

function between(a: Point, b: Point, share: number): Point {
  return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

function areaOf(polygon: readonly Point[]): number {
  let twice = 0;
  polygon.forEach(([x, y], i) => {
    const [u, v] = polygon.at(i - 1) as Point;
    twice += u * y - x * v;
  });
  return Math.abs(twice) / 2;
}
