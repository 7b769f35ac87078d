import { codeBytes } from "./fingerprint.ts";
import type { Orientation } from "./orientations.ts";

const side = 16;

/** The mirrorings of a picture: with its own code, their codes give those of all eight orientations. */
export const mirrorings = ["flip-vertical", "flip-horizontal", "rotate-180"] as const;

/** The codes of a picture as it is and mirrored. */
export type MirroredCodes = Readonly<Record<"identity" | (typeof mirrorings)[number], Uint8Array>>;

/** The codes of a picture in its eight orientations: transposing transposes a code, and a quarter turn is a mirroring transposed. */
export function eightCodes(mirrored: MirroredCodes): Record<Orientation, Uint8Array> {
  return {
    identity: mirrored.identity,
    "rotate-90": transposed(mirrored["flip-vertical"]),
    "rotate-180": mirrored["rotate-180"],
    "rotate-270": transposed(mirrored["flip-horizontal"]),
    "flip-horizontal": mirrored["flip-horizontal"],
    "flip-vertical": mirrored["flip-vertical"],
    transpose: transposed(mirrored.identity),
    transverse: transposed(mirrored["rotate-180"]),
  };
}

/** Bit 16·row + column, counted from the last bit of the last byte, becomes bit 16·column + row. */
function transposed(code: Uint8Array): Uint8Array {
  const turned = new Uint8Array(codeBytes);
  for (let bit = 0; bit < side * side; bit++) {
    const set = ((code[codeBytes - 1 - (bit >> 3)] as number) >> (bit & 7)) & 1;
    const to = (bit & 15) * side + (bit >> 4);
    const byte = codeBytes - 1 - (to >> 3);
    turned[byte] = (turned[byte] as number) | (set << (to & 7));
  }
  return turned;
}
