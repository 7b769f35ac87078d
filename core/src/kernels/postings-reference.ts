import { popcount } from "./popcount.ts";
import { type PostingLimits, type PostingQuery, probesPerKeypoint } from "./postings.ts";

/** A list of postings: which keypoint, and its signature. */
export type PostingList = readonly (readonly [keypoint: number, signature: number])[];

/** What `PostingMemory.collect` finds, of lists by their keys: its reference. */
export function collectPostings(
  lists: ReadonlyMap<number, PostingList>,
  { seeds, probes }: PostingQuery,
  { postingsMax, lengthMax, differenceMax }: PostingLimits,
): number[] {
  const found: number[] = [];
  let budget = postingsMax;
  for (let probe = 0; probe < probesPerKeypoint && budget > 0; probe++)
    for (let seed = 0; seed < seeds.length / 3; seed++) {
      const [query = 0, key = 0, own = 0] = seeds.subarray(3 * seed);
      const list = lists.get((key ^ (probes[query * probesPerKeypoint + probe] as number)) >>> 0)?.slice(0, lengthMax);
      budget -= 1 + (list?.length ?? 0);
      for (const [keypoint, signature] of list ?? []) {
        const difference = popcount(signature ^ own);
        if (difference <= differenceMax) found.push(keypoint, 256 * seed + difference);
      }
    }
  return found;
}
