// What a query has found so far, and how near a code must still be to matter.

import { distanceCounts, results, resultsMax } from "./layout";

/** A code farther than this cannot be in the answer any more. */
export let reach: i32 = 0;
export let foundCount: u32 = 0;
export let overflown: bool = false;
let limit: u32 = 0;
let countWithin: u32 = 0;
/** Codes come in the order of their slots, so that a later one loses every tie. */
let ordered: bool = false;

export function beginFinding(radius: i32, most: u32, inOrder: bool): void {
  reach = most == 0 ? -1 : radius;
  limit = most;
  ordered = inOrder;
  foundCount = 0;
  countWithin = 0;
  overflown = false;
  memory.fill(distanceCounts, 0, 257 * 4);
}

/** Empties the list of results, which its reader has taken over, and goes on. */
export function goOnFinding(): void {
  foundCount = 0;
}

/** Notes a code: two words, its slot, then its distance × 256 + the number of the query. */
export function found(slot: u32, distance: i32, query: u32): void {
  if (foundCount == resultsMax) {
    overflown = true;
    return;
  }
  const at = results + ((<usize>foundCount) << 3);
  store<u32>(at, slot);
  store<u32>(at, ((<u32>distance) << 8) | query, 4);
  foundCount++;
  countWithin++;
  const counted = distanceCounts + ((<usize>distance) << 2);
  store<u32>(counted, load<u32>(counted) + 1);
  closeIn();
}

function closeIn(): void {
  while (reach >= 0) {
    const farthest = load<u32>(distanceCounts + ((<usize>reach) << 2));
    // Out of order, codes as far as the farthest may still win a tie by their slot.
    if (countWithin - (ordered ? 0 : farthest) < limit) return;
    countWithin -= farthest;
    reach--;
  }
}
