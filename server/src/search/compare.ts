import { hammingDistance } from "@utsuru/core/distance";
import { inverseOf, type Orientation, orientations } from "@utsuru/core/orientations";
import { copyDistanceMax } from "@utsuru/core/score";
import { copyEvidence, type Evidence, exactEvidence } from "./match.ts";
import { isSearchable, type Query } from "./query.ts";

/** How near two pictures are, and whether that makes a match. `orientation` is what was done to `b` to get `a`. */
export interface Comparison {
  readonly distance: number;
  readonly orientation: Orientation;
  readonly evidence: Evidence | undefined;
}

/** Compares two pictures as a search with `a` over a library of just `b` would. */
export function compare(a: Query, b: Query): Comparison {
  if (a.picture && a.picture.sha256 === b.picture?.sha256)
    return { distance: 0, orientation: "identity", evidence: exactEvidence };
  const nearest = nearestOrientation(a, b.fingerprint.code);
  const isCopy = isSearchable(a) && isSearchable(b) && nearest.distance <= copyDistanceMax;
  return { ...nearest, evidence: isCopy ? copyEvidence(nearest.distance, nearest.orientation) : undefined };
}

function nearestOrientation(query: Query, code: Uint8Array): { distance: number; orientation: Orientation } {
  let best: { distance: number; orientation: Orientation } = {
    distance: Number.POSITIVE_INFINITY,
    orientation: "identity",
  };
  for (const symmetry of orientations) {
    const turned = query.codes[symmetry];
    const distance = turned ? hammingDistance(turned, code) : Number.POSITIVE_INFINITY;
    if (distance < best.distance) best = { distance, orientation: inverseOf(symmetry) };
  }
  return best;
}
