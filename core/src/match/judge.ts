import type { Grounds } from "./grounds.ts";
import { judgement } from "./judgement.ts";
import type { Likeness } from "./likeness.ts";

/** Levels of questions in each tree of the judgement. */
const treeDepth = 3;
const treeQuestions = 2 ** treeDepth - 1;
const treeLeaves = 2 ** treeDepth;

/** All that is known of an aligned pair. */
export interface Case extends Grounds {
  readonly likeness: Likeness;
}

/**
 * For or against a copy: positive when two aligned pictures show the same, negative when they only share a layout or a motif.
 *
 * No single measure tells a degraded copy from a sibling: where descriptors hardly differ everything else must agree too, where they
 * differ much little can be asked. So trees of three questions each add up what they hold for it; they were fitted to edited copies and
 * to pictures of one make (`bench/local-judge.py`), and none says less for a copy where a measure speaks more for one.
 */
export function judge(one: Case): number {
  const { measures, thresholds, leaves, constant } = judgement;
  const inputs = judgementInputs(one);
  let sum = constant;
  for (let tree = 0; tree * treeQuestions < measures.length; tree++) {
    let at = 0;
    while (at < treeQuestions) {
      const question = tree * treeQuestions + at;
      const isLeft = (inputs[measures[question] as number] as number) <= (thresholds[question] as number);
      at = 2 * at + (isLeft ? 1 : 2);
    }
    sum += leaves[tree * treeLeaves + at - treeQuestions] as number;
  }
  return sum;
}

/** The measures in the order in which bench/local-judge.py has read them. */
export function judgementInputs({ alignment, evidence, repetition, likeness }: Case): number[] {
  const { inliers, meetings, queryInside, targetInside } = alignment;
  const distances = inliers.map(({ distance }) => distance).sort((a, b) => a - b);
  const { agreeing, contradicting } = meetings;
  return [
    likeness.differing,
    likeness.quarter,
    likeness.tenth,
    likeness.erased,
    likeness.added,
    Math.min(likeness.erased, likeness.added),
    likeness.exchanged,
    repetition.rivals,
    contradicting / Math.max(1, contradicting + agreeing),
    distances[distances.length >> 1] as number,
    distances[Math.floor(distances.length * 0.75)] as number,
    evidence.weight,
    evidence.share,
    repetition.distinctiveness,
    inliers.length / Math.max(1, Math.min(targetInside, queryInside)),
    agreeing / Math.max(1, targetInside),
    contradicting,
    agreeing,
  ];
}
