import type { Evidence } from "./evidence.ts";
import type { Likeness } from "./likeness.ts";

/** Least weight of evidence: so many places whose descriptors agree in full, or more that agree less. */
const weightMin = 4.5;
/** Least share of the commonly seen places that agree: silhouettes and letters agree in few of the places where they should. */
const shareMin = 0.07;
/** More than any camera's or editor's: a map that stretches so was bent by chance matches. */
const stretchMax = 1.8;
/** Inliers along a line agree with any map that keeps the line. */
const breadthMin = 0.02;
/** Least correlation between the keypoints. Of matching pairs the lowest was 0.64 (a watermark all over), of most chance ones the highest 0.22; drawings of one style in one pose exceed it. */
const correlationMin = 0.6;
/**
 * Least correlation where very many places agree. Such copies were hardly edited and correlate by 0.90 and more; series of one layout
 * (`corpus/hardneg`: 45 and more places, 47 to 76 % of them) by 0.82 at most.
 */
const clearCorrelationMin = 0.86;
const clearWeight = 30;
const clearShare = 0.4;

/** Score at which a geometric match is called one; of global matches it is the score of 31 differing bits. */
export const geometricScoreMin = 75;

/**
 * How sure an alignment is, 0–100: below 75 it is not called a match, from there it nears 100 as evidence exceeds what is asked for.
 *
 * What 75 means is stated with its measurement in docs/local-features.md.
 */
export function scoreOfAlignment(evidence: Evidence, likeness: Likeness): number {
  const strength = strengthOf(evidence);
  if (strength < 1) return geometricScoreMin * strength;
  return looksAlike(evidence, likeness) ? 100 - (100 - geometricScoreMin) / strength : 0;
}

/** From 1, enough places agree to look between them. */
export function strengthOf({ weight, share, stretch, breadth }: Evidence): number {
  if (stretch > stretchMax || breadth < breadthMin) return 0;
  return Math.min(weight / weightMin, share / shareMin);
}

function looksAlike({ weight, share }: Evidence, { correlation }: Likeness): boolean {
  const clear = weight >= clearWeight && share >= clearShare;
  return correlation >= (clear ? clearCorrelationMin : correlationMin);
}
