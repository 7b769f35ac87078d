import { scoreOf } from "@utsuru/core/score";
import type { Change } from "./probe.ts";

/** How sure a match is: the same bytes, or a picture that looks the same. */
export type Verdict = "exact" | "copy";

/** What a stored image and a query have in common. */
export interface Evidence extends Change {
  readonly verdict: Verdict;
  /** 0–100. */
  readonly score: number;
  /** Bits of 256. */
  readonly distance: number;
}

/** The evidence of equal bytes. */
export const exactEvidence: Evidence = {
  verdict: "exact",
  score: 100,
  distance: 0,
  orientation: "identity",
  inverted: false,
};

/** The evidence of two near fingerprints. */
export function copyEvidence(distance: number, { orientation, inverted }: Change): Evidence {
  return { verdict: "copy", score: scoreOf(distance), distance, orientation, inverted };
}
