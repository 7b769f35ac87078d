import type { LocalFeatures } from "../features/local-features.ts";
import { type Alignment, align } from "./align.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";
import { isAmbiguous, type Repetition, repetitionOf } from "./repetition.ts";
import { strengthOf } from "./verdict.ts";

/** What speaks for one picture's being a copy of another, before what lies between their keypoints is compared. */
export interface Grounds {
  readonly alignment: Alignment;
  readonly evidence: Evidence;
  readonly repetition: Repetition;
}

/** `undefined` when too little agrees, or the query may as well lie elsewhere: then there is nothing to be judged. */
export function groundsOf(query: LocalFeatures, target: LocalFeatures): Grounds | undefined {
  const alignment = align(query, target);
  if (alignment === undefined) return undefined;
  const evidence = evidenceOf(alignment, query, target);
  if (strengthOf(evidence) < 1) return undefined;
  const repetition = repetitionOf(alignment, query, target);
  return isAmbiguous(repetition) ? undefined : { alignment, evidence, repetition };
}
