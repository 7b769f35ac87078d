import { dct256 } from "./dct256.ts";
import { type Fingerprint, toHex } from "./fingerprint.ts";
import { averageHash, differenceHash, perceptualHash, verticalDifferenceHash, waveletHash } from "./imagehash.ts";
import { pdq, pdqCommandLine } from "./pdq.ts";
import type { Pixels } from "./pixels.ts";

/** A hash as text; those of 256 bits say how much detail they rest on, 0–100. */
export interface Hash {
  readonly hex: string;
  readonly quality?: number;
}

/** All names of hashes, in the order in which they are listed. */
export const hashNames = [
  "pdq",
  "pdqCommandLine",
  "dct256",
  "dct256Trimmed",
  "ahash",
  "phash",
  "dhash",
  "dhashVertical",
  "whash",
] as const;

/** The name of a hash: `pdq` is PDQ of all pixels, `pdqCommandLine` what Meta's program prints, from `ahash` on ImageHash's family of 64 bits. */
export type HashName = (typeof hashNames)[number];

/** How each is computed; `undefined` where a picture has none (no flat border to trim). */
const hashes: Readonly<Record<HashName, (pixels: Pixels) => Hash | undefined>> = {
  pdq: (pixels) => hashOf(pdq(pixels).fingerprint),
  pdqCommandLine: (pixels) => hashOf(pdqCommandLine(pixels).fingerprint),
  dct256: (pixels) => hashOf(dct256(pixels).whole.fingerprint),
  dct256Trimmed: (pixels) => {
    const { trimmed } = dct256(pixels);
    return trimmed && hashOf(trimmed.fingerprint);
  },
  ahash: (pixels) => ({ hex: averageHash(pixels) }),
  phash: (pixels) => ({ hex: perceptualHash(pixels) }),
  dhash: (pixels) => ({ hex: differenceHash(pixels) }),
  dhashVertical: (pixels) => ({ hex: verticalDifferenceHash(pixels) }),
  whash: (pixels) => ({ hex: waveletHash(pixels) }),
};

/** Computes the named hashes of a picture; one that the picture does not have is left out. */
export function hashPixels(pixels: Pixels, names: readonly HashName[]): Partial<Record<HashName, Hash>> {
  const found: Partial<Record<HashName, Hash>> = {};
  for (const name of names) {
    const hash = hashes[name](pixels);
    if (hash) found[name] = hash;
  }
  return found;
}

function hashOf({ code, quality }: Fingerprint): Hash {
  return { hex: toHex(code), quality };
}
