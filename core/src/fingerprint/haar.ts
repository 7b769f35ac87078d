/** A square of doubles, row by row; `side` is a power of two. */
export interface Square {
  readonly values: Float64Array;
  readonly side: number;
}

/** Haar's filter in doubles: each product and each sum is rounded, as PyWavelets does, so that ties of the exact sums fall the same way. */
const half = Math.SQRT1_2;

/** Takes the square apart by Haar's wavelet so many times, in place: the low quarter comes first, its own low quarter in it first again. */
export function decompose({ values, side }: Square, levels: number): void {
  const line = new Float64Array(side);
  for (let level = 0, size = side; level < levels; level++, size /= 2) {
    for (let x = 0; x < size; x++) split(values, { start: x, stride: side, size }, line);
    for (let y = 0; y < size; y++) split(values, { start: y * side, stride: 1, size }, line);
  }
}

/** Puts together again what `decompose` took apart down to a single low value. */
export function recompose({ values, side }: Square): void {
  const line = new Float64Array(side);
  for (let size = 2; size <= side; size *= 2) {
    for (let y = 0; y < size; y++) join(values, { start: y * side, stride: 1, size }, line);
    for (let x = 0; x < size; x++) join(values, { start: x, stride: side, size }, line);
  }
}

interface Line {
  readonly start: number;
  readonly stride: number;
  readonly size: number;
}

/** Sums of pairs to the line's first half, their differences to its second. */
function split(values: Float64Array, { start, stride, size }: Line, line: Float64Array): void {
  for (let i = 0, at = start; i < size / 2; i++, at += 2 * stride) {
    const [one, other] = [half * (values[at] as number), half * (values[at + stride] as number)];
    line[i] = one + other;
    line[size / 2 + i] = one - other;
  }
  for (let i = 0, at = start; i < size; i++, at += stride) values[at] = line[i] as number;
}

function join(values: Float64Array, { start, stride, size }: Line, line: Float64Array): void {
  const middle = (size / 2) * stride;
  for (let i = 0, at = start; i < size / 2; i++, at += stride) {
    const [sum, difference] = [half * (values[at] as number), half * (values[at + middle] as number)];
    line[2 * i] = sum + difference;
    line[2 * i + 1] = sum - difference;
  }
  for (let i = 0, at = start; i < size; i++, at += stride) values[at] = line[i] as number;
}
