import type { LocalFeatures } from "../features/local-features.ts";
import { descriptorDistances } from "../kernels/features.ts";
import type { Alignment, Inlier } from "./align.ts";
import type { Evidence } from "./evidence.ts";
import { judgement } from "./judgement.ts";
import type { Likeness } from "./likeness.ts";

/** Descriptors of one picture this near each other, at this distance in pixels or more, are of a repeated motif. */
const twinBits = 60;
const twinApart = 12;
/** An input farther from the mean than this many standard deviations counts as if it were so far: beyond, nothing was learned. */
const clamp = 3;

/** All that is known of an aligned pair. */
export interface Case {
  readonly alignment: Alignment;
  readonly evidence: Evidence;
  readonly likeness: Likeness;
  readonly target: LocalFeatures;
}

/**
 * For or against a copy: positive when two aligned pictures show the same, negative when they only share a layout or a motif.
 *
 * No single measure tells a degraded copy from a sibling: where descriptors hardly differ everything else must agree too, where they
 * differ much little can be asked. So the measures are weighed by a quadratic form that was fitted (logistic regression) to edited
 * copies and to pictures of one make: `bench/local-judge.py`.
 */
export function judge(one: Case): number {
  const { means, deviations, weights, constant } = judgement;
  const inputs = judgementInputs(one).map((input, i) => {
    const standard = (input - (means[i] as number)) / (deviations[i] as number);
    return Math.min(clamp, Math.max(-clamp, standard));
  });
  let sum = constant;
  let at = 0;
  for (const input of inputs) sum += (weights[at++] as number) * input;
  for (let i = 0; i < inputs.length; i++)
    for (let j = i; j < inputs.length; j++)
      sum += (weights[at++] as number) * (inputs[i] as number) * (inputs[j] as number);
  return sum;
}

/** The measures in the order of the weights; shares by their logarithm, since the small ones tell most. */
export function judgementInputs({ alignment, evidence, likeness, target }: Case): number[] {
  const { inliers, meetings, queryInside, targetInside } = alignment;
  const distances = inliers.map(({ distance }) => distance).sort((a, b) => a - b);
  const { agreeing, contradicting } = meetings;
  return [
    logOf(likeness.differing, 0.01),
    logOf(1 - likeness.quarter, 0.01),
    logOf(1 - likeness.tenth, 0.01),
    logOf(likeness.erased, 0.003),
    logOf(likeness.added, 0.003),
    logOf(Math.min(likeness.erased, likeness.added), 0.003),
    logOf(contradicting / Math.max(1, contradicting + agreeing), 0.02),
    (distances[distances.length >> 1] as number) / 30,
    (distances[Math.floor(distances.length * 0.75)] as number) / 30,
    logOf(evidence.weight, 1),
    logOf(evidence.share, 0.02),
    logOf(distinctiveness(inliers, target), 0.5),
    logOf(inliers.length / Math.max(1, Math.min(targetInside, queryInside)), 0.02),
    logOf(agreeing / Math.max(1, targetInside), 0.02),
    logOf(contradicting, 1),
    logOf(agreeing, 1),
  ];
}

function logOf(value: number, least: number): number {
  return Math.log(Math.max(0, value) + least);
}

/** Inliers, each shared among the target's keypoints that look like its own: stripes agree with stripes wherever they are laid. */
function distinctiveness(inliers: readonly Inlier[], target: LocalFeatures): number {
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
