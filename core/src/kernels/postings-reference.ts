import { popcount } from "./popcount.ts";

/** What `PostingMemory.read` finds in a list of words: its reference. */
export function readPostings(list: Uint32Array, signature: number, differenceMax: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const difference = popcount((list[at + 1] as number) ^ signature);
    if (difference <= differenceMax) found.push(list[at] as number, difference);
  }
  return found;
}
