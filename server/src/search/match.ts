import type { Orientation } from "@utsuru/core/orientations";
import { scoreOf } from "@utsuru/core/score";

/** How sure a match is: the same bytes, or a picture that looks the same. */
export type Verdict = "exact" | "copy";

/** What a stored image and a query have in common. `orientation` is what was done to the stored image to get the query. */
export interface Evidence {
  readonly verdict: Verdict;
  /** 0–100. */
  readonly score: number;
  /** Bits of 256. */
  readonly distance: number;
  readonly orientation: Orientation;
}

/** The evidence of equal bytes. */
export const exactEvidence: Evidence = { verdict: "exact", score: 100, distance: 0, orientation: "identity" };

/** The evidence of two near fingerprints. */
export function copyEvidence(distance: number, orientation: Orientation): Evidence {
  return { verdict: "copy", score: scoreOf(distance), distance, orientation };
}
