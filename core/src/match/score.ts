/** Bits of a global fingerprint. */
export const distanceMax = 256;

/**
 * Farthest distance at which two PDQ fingerprints are called copies: 31 of 256 bits, the threshold of its authors
 * (Facebook, The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm, 2019). Wrong photographs start at 72 on our corpus.
 */
export const copyDistanceMax = 31;

/** Least quality (0–100) at which a fingerprint says anything of its picture (ibid.): below, only equal bytes are a match. */
export const qualityMin = 50;

/** How alike two fingerprints are: 100 for equal ones, falling evenly to 0 at 128 bits, where two unrelated pictures lie on average. */
export function scoreOf(distance: number): number {
  return 100 * Math.max(0, 1 - distance / (distanceMax / 2));
}
