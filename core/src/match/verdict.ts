import type { Evidence } from "./evidence.ts";

/** Least weight of evidence: so many places whose descriptors agree in full, or more that agree less. */
const weightMin = 4.5;
/** Least share of the commonly seen places that agree: silhouettes and letters agree in few of the places where they should. */
const shareMin = 0.07;
/** More than any camera's or editor's: a map that stretches so was bent by chance matches. */
const stretchMax = 1.8;
/** Inliers along a line agree with any map that keeps the line. */
const breadthMin = 0.02;
/** Score at which a geometric match is called one; of global matches it is the score of 31 differing bits. */
export const geometricScoreMin = 75;

/**
 * How sure an alignment is that two pictures judged to be copies are, 75–100: it nears 100 as evidence exceeds what is asked for.
 *
 * What 75 means is stated with its measurement in docs/local-features.md.
 */
export function scoreOfAlignment(evidence: Evidence): number {
  return 100 - (100 - geometricScoreMin) / Math.max(1, strengthOf(evidence));
}

/** From 1, enough places agree to look between them. */
export function strengthOf({ weight, share, stretch, breadth }: Evidence): number {
  if (stretch > stretchMax || breadth < breadthMin) return 0;
  return Math.min(weight / weightMin, share / shareMin);
}
