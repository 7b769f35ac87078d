import type { Algorithm } from "../fingerprint/fingerprint.ts";

/** Bits of a global fingerprint. */
export const distanceMax = 256;

/** Codes of one space may be compared with each other, codes of different spaces never. */
export const codeSpaces = ["pdq", "dct256"] as const;

/** One of {@link codeSpaces}. */
export type CodeSpace = (typeof codeSpaces)[number];

/** The space of an algorithm's codes: a picture without its flat borders is compared with pictures that never had any. */
export function spaceOf(algorithm: Algorithm): CodeSpace {
  return algorithm === "pdq" ? "pdq" : "dct256";
}

/**
 * Farthest distance at which two fingerprints are called copies. PDQ: the threshold of its authors (Facebook, The TMK+PDQF
 * Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm, 2019); wrong photographs start at 72 on our corpus.
 * dct256: chosen by measurement at no false match, near-identical series included (docs/fingerprints.md).
 */
export const copyDistanceMax: Readonly<Record<CodeSpace, number>> = { pdq: 31, dct256: 31 };

/** Least quality (0–100) at which a fingerprint says anything of its picture (ibid.): below, only equal bytes are a match. */
export const qualityMin = 50;

/** How alike two fingerprints are: 100 for equal ones, falling evenly to 0 at 128 bits, where two unrelated pictures lie on average. */
export function scoreOf(distance: number): number {
  return 100 * Math.max(0, 1 - distance / (distanceMax / 2));
}
