import { hammingDistance } from "@utsuru/core/distance";
import { copyDistanceMax, spaceOf } from "@utsuru/core/score";
import { copyEvidence, type Evidence, exactEvidence } from "./match.ts";
import { type Change, isTelling, type Probe, wantedCodes } from "./probe.ts";
import type { Query } from "./query.ts";

/** How near two pictures are, by what was done to `b` to get `a`, and whether that makes a match. */
export interface Comparison extends Change {
  readonly distance: number;
  readonly evidence: Evidence | undefined;
}

interface Nearest extends Change {
  readonly distance: number;
  readonly isCopy: boolean;
}

/** Compares two pictures as a search with `a` over a library of just `b` would. */
export function compare(a: Query, b: Query): Comparison {
  if (a.picture && a.picture.sha256 === b.picture?.sha256) return { ...exactEvidence, evidence: exactEvidence };
  if (!isTelling(a) || !isTelling(b)) return { ...asTheyAre(a, b), evidence: undefined };
  const { isCopy, distance, ...change } = nearestOf(a, b.probes) ?? { ...asTheyAre(a, b), isCopy: false };
  return { distance, ...change, evidence: isCopy ? copyEvidence(distance, change) : undefined };
}

/** The nearest codes of any space; a pair that makes a copy comes before one that does not. */
function nearestOf(a: Query, stored: readonly Probe[]): Nearest | undefined {
  const pairs = wantedCodes(a.probes).flatMap(({ space, wanted }) => {
    const codes = stored.filter((probe) => isTelling(probe) && spaceOf(probe.fingerprint.algorithm) === space);
    return wanted.flatMap(({ code, orientation, inverted }) =>
      codes.map(({ fingerprint }): Nearest => {
        const distance = hammingDistance(code, fingerprint.code);
        return { distance, orientation, inverted, isCopy: distance <= copyDistanceMax[space] };
      }),
    );
  });
  return pairs.sort((x, y) => Number(y.isCopy) - Number(x.isCopy) || x.distance - y.distance)[0];
}

function asTheyAre(a: Query, b: Query): Change & { distance: number } {
  return {
    distance: hammingDistance(a.fingerprint.code, b.fingerprint.code),
    orientation: "identity",
    inverted: false,
  };
}
