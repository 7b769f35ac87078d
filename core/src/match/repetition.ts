import type { LocalFeatures } from "../features/local-features.ts";
import { descriptorDistances } from "../kernels/features.ts";
import type { Alignment, Inlier } from "./align.ts";
import { rivalsOf } from "./rivals.ts";

/** Descriptors of one picture this near each other, at this distance in pixels or more, are of a repeated motif. */
const twinBits = 60;
const twinApart = 12;

/** How far what agrees is of a motif that repeats. */
export interface Repetition {
  /** How many keypoints would agree a step further, as a share of those that agree in place; more than 1 where a step further more do. */
  readonly rivals: number;
  /** Inliers, each shared among the target's keypoints that look like its own. */
  readonly distinctiveness: number;
  /** The same as a share of the inliers, 0 to 1. */
  readonly distinctShare: number;
}

/** Measures the repetition of what an alignment rests on. */
export function repetitionOf(alignment: Alignment, query: LocalFeatures, target: LocalFeatures): Repetition {
  const { inliers } = alignment;
  const { here, elsewhere } = rivalsOf(alignment, query, target);
  const distinct = distinctivenessOf(inliers, target);
  return {
    rivals: (elsewhere + 1) / (here + 3),
    distinctiveness: distinct,
    distinctShare: distinct / inliers.length,
  };
}

/**
 * Whether it is not known where the query lies: a step further twice as many keypoints agree as have looks of their own where it was laid.
 * So stripes coincide with other stripes of which they are no copy; a façade's windows repeat, but not their curtains.
 */
export function isAmbiguous({ rivals, distinctShare }: Repetition): boolean {
  return rivals > 2 * distinctShare;
}

function distinctivenessOf(inliers: readonly Inlier[], target: LocalFeatures): number {
  const distances = descriptorDistances(target.descriptors, target.descriptors);
  let sum = 0;
  for (const { target: i } of inliers) {
    let twins = 0;
    for (let j = 0; j < target.count; j++) {
      const dx = (target.x[j] as number) - (target.x[i] as number);
      const dy = (target.y[j] as number) - (target.y[i] as number);
      if ((distances[i * target.count + j] as number) < twinBits && dx * dx + dy * dy >= twinApart * twinApart) twins++;
    }
    sum += 1 / (1 + twins);
  }
  return sum;
}
