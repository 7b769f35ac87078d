/** Least contrast across two cells that is detail, in grey levels. */
const detailMin = 10;
/** A trace of detail, as a share of what is expected. */
const traceMin = 0.35;

/** How steep the greys are in each cell of a square; NaN at its rim and beside cells that are not known. */
export function detailOf(greys: Float32Array, side: number): Float32Array {
  const detail = new Float32Array(greys.length).fill(Number.NaN);
  for (let y = 1; y < side - 1; y++)
    for (let x = 1; x < side - 1; x++) {
      const at = y * side + x;
      const across = (greys[at + 1] as number) - (greys[at - 1] as number);
      const down = (greys[at + side] as number) - (greys[at - side] as number);
      detail[at] = Math.sqrt(across * across + down * down);
    }
  return detail;
}

/** Detail of one picture of which the other has no trace in the same cell or beside it. */
export interface Appearances {
  /** Its share of all detail where both pictures are known, 0 to 1. */
  readonly share: number;
  /** The most of it that hangs together, in grey levels summed over cells. */
  readonly largest: number;
}

/** What of one picture's detail the other lacks. */
export function appearances(detail: Float32Array, other: Float32Array): Appearances {
  const side = Math.sqrt(detail.length);
  const alone = new Float32Array(detail.length);
  let all = 0;
  let sum = 0;
  for (let y = 2; y < side - 2; y++)
    for (let x = 2; x < side - 2; x++) {
      const at = y * side + x;
      const here = detail[at] as number;
      if (!(here >= detailMin)) continue;
      const beside = mostAround(other, at, side);
      if (!(beside >= 0)) continue;
      all += here;
      if (beside >= traceMin * here) continue;
      alone[at] = here;
      sum += here;
    }
  return { share: all > 0 ? sum / all : 0, largest: largestGroup(alone, side) };
}

/** The greatest sum of values above 0 that touch, sides or corners; the values are used up. Those at the rim must be 0. */
function largestGroup(values: Float32Array, side: number): number {
  const around = [-side - 1, -side, -side + 1, -1, 1, side - 1, side, side + 1];
  let largest = 0;
  for (let start = 0; start < values.length; start++) {
    let sum = 0;
    const waiting = [start];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const value = values[at] as number;
      if (value === 0) continue;
      values[at] = 0;
      sum += value;
      for (const step of around) if (values[at + step]) waiting.push(at + step);
    }
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** The most in a cell and its eight neighbours; NaN when one of them is not known. */
function mostAround(detail: Float32Array, at: number, side: number): number {
  let most = 0;
  for (let row = at - side; row <= at + side; row += side)
    most = Math.max(most, detail[row - 1] as number, detail[row] as number, detail[row + 1] as number);
  return most;
}
