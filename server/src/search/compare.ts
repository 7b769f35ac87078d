import { hammingDistance } from "@utsuru/core/distance";
import { comparePictures } from "@utsuru/core/partial-copies";
import { alignmentOf, changeOf } from "./alignment.ts";
import { confirmed, copyEvidence, type Evidence, exactEvidence, partialEvidence } from "./match.ts";
import { type Nearest, nearestOf } from "./nearest.ts";
import { type Change, isTelling, searchedProbes, tellingProbes } from "./probe.ts";
import type { Query } from "./query.ts";

/** How near two pictures are, by what was done to `b` to get `a`, and whether that makes a match. */
export interface Comparison extends Change {
  readonly distance: number;
  readonly evidence: Evidence | undefined;
}

/** Compares two pictures as a search with `a` over a library of just `b` would; `a` has features to ask with, `b` those to be stored. */
export function compare(a: Query, b: Query): Comparison {
  if (a.picture && a.picture.sha256 === b.picture?.sha256) return { ...exactEvidence, evidence: exactEvidence };
  const nearest = nearestOf(searchedProbes(a.probes), tellingCodes(b));
  const evidence = evidenceOf(a, b, nearest);
  if (evidence) return { ...evidence, evidence };
  const { distance, orientation, inverted } = nearest ?? asTheyAre(a, b);
  return { distance, orientation, inverted, evidence };
}

function evidenceOf(a: Query, b: Query, nearest: Nearest | undefined): Evidence | undefined {
  const whole = nearest?.isCopy ? copyEvidence(nearest.distance, nearest) : undefined;
  const [query, target] = [a.picture, b.picture];
  if (!isTelling(a) || !query?.features || !target?.features) return whole;
  const match = comparePictures(query.features, target.features);
  if (!match) return whole;
  const sizes = {
    query: { own: query, working: query.features },
    target: { own: target, working: target.features },
  };
  const part = { score: match.score, alignment: alignmentOf(match, sizes) };
  if (whole) return confirmed(whole, part);
  return partialEvidence(part, { ...changeOf(match), distance: (nearest ?? asTheyAre(a, b)).distance });
}

function tellingCodes({ probes }: Query) {
  return tellingProbes(probes).map(({ fingerprint }) => fingerprint);
}

function asTheyAre(a: Query, b: Query): Change & { readonly distance: number } {
  return {
    distance: hammingDistance(a.fingerprint.code, b.fingerprint.code),
    orientation: "identity",
    inverted: false,
  };
}
