import { scoreOf } from "@utsuru/core/score";
import type { Alignment } from "./alignment.ts";
import type { Change } from "./probe.ts";

/** How sure a match is: the same bytes, a picture that looks the same as a whole, or one that shares a part. */
export type Verdict = "exact" | "copy" | "partial";

/** What a stored image and a query have in common. */
export interface Evidence extends Change {
  readonly verdict: Verdict;
  /** 0–100: of a copy's distance or of its alignment, whichever says more. */
  readonly score: number;
  /** Bits of 256. */
  readonly distance: number;
  /** How the query lies on the stored image, where local features tell. */
  readonly alignment: Alignment | undefined;
}

/** The evidence of equal bytes. */
export const exactEvidence: Evidence = {
  verdict: "exact",
  score: 100,
  distance: 0,
  orientation: "identity",
  inverted: false,
  alignment: undefined,
};

/** The evidence of two near fingerprints. */
export function copyEvidence(distance: number, { orientation, inverted }: Change): Evidence {
  return { verdict: "copy", score: scoreOf(distance), distance, orientation, inverted, alignment: undefined };
}

/** What local features say of a pair of pictures. */
export interface PartEvidence {
  readonly score: number;
  readonly alignment: Alignment;
}

/** The evidence of the whole picture, and that of its parts beside it. */
export function confirmed(whole: Evidence, { score, alignment }: PartEvidence): Evidence {
  return { ...whole, score: Math.max(whole.score, score), alignment };
}

/** The evidence of parts alone; the distance is that of the whole pictures all the same. */
export function partialEvidence(
  { score, alignment }: PartEvidence,
  { distance, orientation, inverted }: Change & { readonly distance: number },
): Evidence {
  return { verdict: "partial", score, distance, orientation, inverted, alignment };
}
