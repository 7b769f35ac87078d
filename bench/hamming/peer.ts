/** One answer of a peer: how long it took, and how many codes it found within the radius. */
export interface Answer {
  readonly ms: number;
  readonly found: number;
}

/** A way to find all codes within 31 bits of a query. */
export interface Peer {
  readonly name: string;
  readonly bytesPerCode?: number;
  answer(query: Uint8Array): Promise<Answer>;
  close(): Promise<void>;
}

export const radius = 31;

/** Times a peer that answers in this process or over a connection of its own. */
export async function timed(work: () => number | Promise<number>): Promise<Answer> {
  const begun = performance.now();
  const found = await work();
  return { ms: performance.now() - begun, found };
}
