import type { CodeSpace } from "@utsuru/core/score";
import type { CodeNeighbour } from "../ports.ts";
import { type Change, type Probe, wantedCodes } from "./probe.ts";

/** An image near a query. */
export interface Candidate extends Change {
  readonly imageId: string;
  readonly distance: number;
}

/** Finds the images near codes of one space. */
export type LookUp = (space: CodeSpace, codes: readonly Uint8Array[]) => Promise<readonly CodeNeighbour[]>;

/** Thousands of images may share one fingerprint: so many of the nearest of each space are ranked, which takes a few milliseconds. */
export const candidatesMax = 10_000;

/** The images near any code of the probes, each by its nearest, and what was done to it to get the query; nearest first, ties by id. */
export async function nearestImages(probes: readonly Probe[], lookUp: LookUp): Promise<Candidate[]> {
  const nearest = new Map<string, Candidate>();
  const spaces = wantedCodes(probes).map(async ({ space, wanted }) => {
    const codes = wanted.map(({ code }) => code);
    return { wanted, neighbours: (await lookUp(space, codes)).toSorted(nearestFirst) };
  });
  for (const { wanted, neighbours } of await Promise.all(spaces)) {
    for (const { imageId, distance, query } of neighbours) {
      const [found, known] = [wanted[query], nearest.get(imageId)];
      if (!found || (known && known.distance <= distance)) continue;
      nearest.set(imageId, { imageId, distance, orientation: found.orientation, inverted: found.inverted });
    }
  }
  return [...nearest.values()].sort((a, b) => a.distance - b.distance || (a.imageId < b.imageId ? -1 : 1));
}

/** Of equally near codes of one image, that which is nearest to the earlier of the wanted counts, whatever the index names first. */
function nearestFirst(a: CodeNeighbour, b: CodeNeighbour): number {
  return a.distance - b.distance || a.query - b.query;
}
