import { codeBytes } from "./fingerprint.ts";
import type { Orientation } from "./orientations.ts";

/** Which of the odd frequencies change sign, and whether rows and columns change places. */
interface Symmetry {
  readonly mirrorsRows: boolean;
  readonly mirrorsColumns: boolean;
  readonly swaps: boolean;
}

const side = 16;

/**
 * Cuts 16×16 coefficients (row-major by vertical frequency, both from frequency 1) into the codes of the picture in its eight orientations:
 * a bit is set where the coefficient exceeds the median, the lower of the two middle ones.
 *
 * Mirroring a picture negates its coefficients of odd frequency in that direction; transposing it transposes them. Bit 16·row + column
 * is counted from the last bit of the last byte, as PDQ's hexadecimal text has it.
 */
export function cutAtMedian(coefficients: Float32Array): Record<Orientation, Uint8Array> {
  const plain = { mirrorsRows: false, mirrorsColumns: false, swaps: false };
  const rows = { ...plain, mirrorsRows: true };
  const columns = { ...plain, mirrorsColumns: true };
  const both = { ...rows, mirrorsColumns: true };
  return {
    identity: cut(coefficients, plain),
    "rotate-90": cut(coefficients, { ...rows, swaps: true }),
    "rotate-180": cut(coefficients, both),
    "rotate-270": cut(coefficients, { ...columns, swaps: true }),
    "flip-horizontal": cut(coefficients, columns),
    "flip-vertical": cut(coefficients, rows),
    transpose: cut(coefficients, { ...plain, swaps: true }),
    transverse: cut(coefficients, { ...both, swaps: true }),
  };
}

function cut(coefficients: Float32Array, { mirrorsRows, mirrorsColumns, swaps }: Symmetry): Uint8Array {
  const turned = new Float32Array(side * side);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      // Index 0 is frequency 1: the even indices are the odd frequencies.
      const negates = (mirrorsRows && i % 2 === 0) !== (mirrorsColumns && j % 2 === 0);
      const value = coefficients[i * side + j] as number;
      turned[swaps ? j * side + i : i * side + j] = negates ? -value : value;
    }
  }
  const median = Float32Array.from(turned).sort()[(side * side) / 2 - 1] as number;
  const code = new Uint8Array(codeBytes);
  for (let bit = 0; bit < side * side; bit++) {
    const byte = codeBytes - 1 - (bit >> 3);
    if ((turned[bit] as number) > median) code[byte] = (code[byte] as number) | (1 << (bit & 7));
  }
  return code;
}
