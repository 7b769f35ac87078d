import type { LocalFeatures } from "../features/local-features.ts";
import { descriptorDistances } from "../kernels/features.ts";
import { type Alignment, distanceMax, isAlike, turnOf, zoomOf } from "./align.ts";
import { mapPoint } from "./transform.ts";

/** Pairs of keypoints are here up to this many pixels from where the map puts them, and elsewhere from so many on. */
const hereMax = 10;
const elsewhereMin = 20;
/** Side of the windows in which shifts agree is two of these cells, in pixels; windows overlap by one. */
const cellSide = 12;
/** Cells along a side of the plane of shifts, the middle one for none: farther than half of them, working pictures do not overlap. */
const cellsAcross = 128;

/** How many of the target's keypoints have one of the query's that looks alike. */
export interface Rivals {
  /** Where the map puts it. */
  readonly here: number;
  /** Shifted from there, all by one and the same step: of all steps the one with most. */
  readonly elsewhere: number;
}

/** Whether the query fits as well when it is shifted: stripes, bricks and the marks of a dial do, a photograph does not. */
export function rivalsOf({ transform }: Alignment, query: LocalFeatures, target: LocalFeatures): Rivals {
  // row by row of the target's keypoints, whose shifts are counted one after the other
  const distances = descriptorDistances(target.descriptors, query.descriptors);
  const expected = { turn: turnOf(transform), zoom: zoomOf(transform) };
  const mapped = Array.from({ length: query.count }, (_, i) =>
    mapPoint(transform, query.x[i] as number, query.y[i] as number),
  );
  const mappedX = Float64Array.from(mapped, ([x]) => x);
  const mappedY = Float64Array.from(mapped, ([, y]) => y);
  const shifts = new ShiftCounter();
  let here = 0;
  for (let j = 0; j < target.count; j++) {
    let isHere = false;
    for (let i = 0, at = j * query.count; i < query.count; i++, at++) {
      if ((distances[at] as number) > distanceMax) continue;
      const turn = (target.angle[j] as number) - (query.angle[i] as number);
      if (!isAlike(turn, (target.scale[j] as number) - (query.scale[i] as number), expected)) continue;
      const byX = (target.x[j] as number) - (mappedX[i] as number);
      const byY = (target.y[j] as number) - (mappedY[i] as number);
      const away = byX * byX + byY * byY;
      if (away < hereMax * hereMax) isHere = true;
      else if (away >= elsewhereMin * elsewhereMin) shifts.count(byX, byY, j);
    }
    if (isHere) here++;
  }
  return { here, elsewhere: shifts.most };
}

/** Counts keypoints, each once, in the windows that hold their shifts; all shifts of one before those of the next. */
class ShiftCounter {
  readonly #counts = new Uint16Array(cellsAcross * cellsAcross);
  /** One more than the keypoint that each window counted last. */
  readonly #last = new Uint16Array(cellsAcross * cellsAcross);
  /** Keypoints in the fullest window. */
  most = 0;

  count(byX: number, byY: number, keypoint: number): void {
    const column = Math.floor(byX / cellSide) + cellsAcross / 2;
    const row = Math.floor(byY / cellSide) + cellsAcross / 2;
    if (column < 0 || row < 0 || column > cellsAcross - 2 || row > cellsAcross - 2) return;
    const first = row * cellsAcross + column;
    this.#note(first, keypoint);
    this.#note(first + 1, keypoint);
    this.#note(first + cellsAcross, keypoint);
    this.#note(first + cellsAcross + 1, keypoint);
  }

  #note(window: number, keypoint: number): void {
    if (this.#last[window] === keypoint + 1) return;
    this.#last[window] = keypoint + 1;
    const count = (this.#counts[window] as number) + 1;
    this.#counts[window] = count;
    if (count > this.most) this.most = count;
  }
}
