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

/** Of one picture's detail, the share of which the other has no trace in the same cell or beside it. */
export function appearances(detail: Float32Array, other: Float32Array): number {
  const side = Math.sqrt(detail.length);
  let all = 0;
  let alone = 0;
  for (let y = 2; y < side - 2; y++)
    for (let x = 2; x < side - 2; x++) {
      const here = detail[y * side + x] as number;
      if (!(here >= detailMin)) continue;
      const beside = mostAround(other, y * side + x, side);
      if (!(beside >= 0)) continue;
      all += here;
      if (beside < traceMin * here) alone += here;
    }
  return all > 0 ? alone / all : 0;
}

/** The most in a cell and its eight neighbours; NaN when one of them is not known. */
function mostAround(detail: Float32Array, at: number, side: number): number {
  let most = 0;
  for (let row = at - side; row <= at + side; row += side)
    most = Math.max(most, detail[row - 1] as number, detail[row] as number, detail[row + 1] as number);
  return most;
}
