import { hammingDistance } from "@utsuru/core/distance";
import type { Fingerprint } from "@utsuru/core/fingerprint";
import { copyDistanceMax, spaceOf } from "@utsuru/core/score";
import { type Change, type Probe, wantedCodes } from "./probe.ts";

/** The least distance between two pictures' codes, and by what change of the stored one. */
export interface Nearest extends Change {
  readonly distance: number;
  /** Whether they are near enough to be copies. */
  readonly isCopy: boolean;
}

/** The nearest codes of any space; a pair that makes a copy comes before one that does not. `undefined` without codes to compare. */
export function nearestOf(probes: readonly Probe[], stored: readonly Fingerprint[]): Nearest | undefined {
  const pairs = wantedCodes(probes).flatMap(({ space, wanted }) => {
    const codes = stored.filter(({ algorithm }) => spaceOf(algorithm) === space);
    return wanted.flatMap(({ code, orientation, inverted }) =>
      codes.map((fingerprint): Nearest => {
        const distance = hammingDistance(code, fingerprint.code);
        return { distance, orientation, inverted, isCopy: distance <= copyDistanceMax[space] };
      }),
    );
  });
  return pairs.sort((x, y) => Number(y.isCopy) - Number(x.isCopy) || x.distance - y.distance)[0];
}
