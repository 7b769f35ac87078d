import { eightCodes } from "./eight-codes.ts";
import { codeBytes } from "./fingerprint.ts";
import type { Orientation } from "./orientations.ts";

/** Which way a picture is mirrored: its coefficients of odd frequency in that direction change sign. */
interface Mirroring {
  readonly upsideDown: boolean;
  readonly leftToRight: boolean;
}

const side = 16;

/**
 * Cuts 16×16 coefficients (row-major by vertical frequency, both from frequency 1) into the codes of the picture in its eight
 * orientations: a bit is set where the coefficient exceeds the median, the lower of the two middle ones.
 *
 * Mirroring negates coefficients, transposing transposes them, and a quarter turn is both. Bit 16·row + column is counted from the
 * last bit of the last byte, as PDQ's hexadecimal text has it.
 */
export function cutAtMedian(coefficients: Float32Array | Float64Array): Record<Orientation, Uint8Array> {
  return eightCodes({
    identity: cut(coefficients, { upsideDown: false, leftToRight: false }),
    "flip-vertical": cut(coefficients, { upsideDown: true, leftToRight: false }),
    "flip-horizontal": cut(coefficients, { upsideDown: false, leftToRight: true }),
    "rotate-180": cut(coefficients, { upsideDown: true, leftToRight: true }),
  });
}

function cut(coefficients: Float32Array | Float64Array, { upsideDown, leftToRight }: Mirroring): Uint8Array {
  const mirrored = new Float64Array(side * side);
  for (let at = 0; at < mirrored.length; at++) {
    // Index 0 is frequency 1: the even indices are the odd frequencies.
    const negates = (upsideDown && ((at >> 4) & 1) === 0) !== (leftToRight && (at & 1) === 0);
    const value = coefficients[at] as number;
    mirrored[at] = negates ? -value : value;
  }
  const median = mirrored.toSorted()[mirrored.length / 2 - 1] as number;
  const code = new Uint8Array(codeBytes);
  for (let bit = 0; bit < mirrored.length; bit++) {
    if ((mirrored[bit] as number) > median) setBit(code, bit);
  }
  return code;
}

function setBit(code: Uint8Array, bit: number): void {
  const byte = codeBytes - 1 - (bit >> 3);
  code[byte] = (code[byte] as number) | (1 << (bit & 7));
}
