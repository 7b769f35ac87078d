import type { Plane } from "./features-pyramid.ts";

/** A place of the scale space where the picture is blob- or corner-like: coordinates in samples of its level. */
export interface Blob {
  readonly level: number;
  /** Sample centres are whole numbers. */
  readonly x: number;
  readonly y: number;
  /** Level with a fraction: where between the levels the response peaks. */
  readonly scale: number;
  readonly response: number;
}

/** Determinant of the Hessian of a smoothed plane; 0 at edges, ridges and saddles. */
export function responseOf(plane: Plane): Int32Array {
  const { width, height, data } = plane;
  const response = new Int32Array(width * height);
  const at = (i: number): number => data[i] as number;
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const centre = 2 * at(i);
      const xx = (at(i - 1) + at(i + 1) - centre) >> 2;
      const yy = (at(i - width) + at(i + width) - centre) >> 2;
      const xy = (at(i - width - 1) + at(i + width + 1) - at(i - width + 1) - at(i + width - 1)) >> 4;
      const determinant = xx * yy - xy * xy;
      const trace = xx + yy;
      // the ratio of the two curvatures is below 10 (Lowe, IJCV 2004): trace² < 12 determinant
      if (determinant > 0 && (trace * trace) >> 3 < determinant + (determinant >> 1)) response[i] = determinant;
    }
  return response;
}

/** No blob lies nearer to an edge than this. */
const margin = 4;

/** Peaks of the response that reach the floor, over place and scale. */
export function blobsOf(planes: readonly Plane[], responses: readonly Int32Array[], floor: number): Blob[] {
  const blobs: Blob[] = [];
  planes.forEach(({ width, height }, level) => {
    const response = responses[level] as Int32Array;
    for (let y = margin; y < height - margin; y++)
      for (let x = margin; x < width - margin; x++) {
        const i = y * width + x;
        if ((response[i] as number) < floor || !isPeak(response, i, width)) continue;
        const blob = blobAt(planes, responses, { level, x, y });
        if (blob !== undefined) blobs.push(blob);
      }
  });
  return blobs;
}

/** The blob at a peak of its level, unless the response is higher on a level beside. */
function blobAt(
  planes: readonly Plane[],
  responses: readonly Int32Array[],
  { level, x, y }: { level: number; x: number; y: number },
): Blob | undefined {
  const plane = planes[level] as Plane;
  const response = responses[level] as Int32Array;
  const { width } = plane;
  const i = y * width + x;
  const value = response[i] as number;
  const below = level > 0 ? neighbourMax(planes, responses, { level: level - 1, from: plane, x, y }) : 0;
  if (below >= value) return undefined;
  const above =
    level + 1 < planes.length ? neighbourMax(planes, responses, { level: level + 1, from: plane, x, y }) : 0;
  if (above > value) return undefined;
  const rootAt = (place: number): number => Math.sqrt(response[place] as number);
  const root = rootAt(i);
  return {
    level,
    x: x + vertex(rootAt(i - 1), root, rootAt(i + 1)),
    y: y + vertex(rootAt(i - width), root, rootAt(i + width)),
    scale: level + vertex(Math.sqrt(below), root, Math.sqrt(above)),
    response: value,
  };
}

function isPeak(response: Int32Array, i: number, width: number): boolean {
  const value = response[i] as number;
  return (
    value > (response[i - 1] as number) &&
    value >= (response[i + 1] as number) &&
    value > (response[i - width - 1] as number) &&
    value > (response[i - width] as number) &&
    value > (response[i - width + 1] as number) &&
    value >= (response[i + width - 1] as number) &&
    value >= (response[i + width] as number) &&
    value >= (response[i + width + 1] as number)
  );
}

function neighbourMax(
  planes: readonly Plane[],
  responses: readonly Int32Array[],
  at: { level: number; from: Plane; x: number; y: number },
): number {
  const plane = planes[at.level] as Plane;
  const response = responses[at.level] as Int32Array;
  const x = Math.floor(((at.x + 0.5) * plane.width) / at.from.width);
  const y = Math.floor(((at.y + 0.5) * plane.height) / at.from.height);
  let max = 0;
  for (let j = Math.max(0, y - 1); j <= Math.min(plane.height - 1, y + 1); j++)
    for (let i = Math.max(0, x - 1); i <= Math.min(plane.width - 1, x + 1); i++)
      max = Math.max(max, response[j * plane.width + i] as number);
  return max;
}

/** Where a parabola through three equally spaced values peaks, within half a step of the middle one. */
export function vertex(before: number, middle: number, after: number): number {
  const bend = before - 2 * middle + after;
  if (bend >= 0) return 0;
  const shift = (0.5 * (before - after)) / bend;
  return shift > 0.5 ? 0.5 : shift < -0.5 ? -0.5 : shift;
}
