import { setTimeout as delay } from "node:timers/promises";
import type { Clock, IndexEntry, SnapshotFile } from "../ports.ts";
import type { FollowedImages } from "./followed-images.ts";
import type { HeldImages } from "./held-images.ts";
import { decodeSnapshot, encodeSnapshot, type IndexContents } from "./index-snapshot.ts";

/** What keeping snapshots works with. */
export interface SnapshotPorts {
  readonly snapshot: SnapshotFile;
  readonly clock: Clock;
  readonly notice: (sentence: string) => void;
}

/** When a snapshot is due: after so many changes, or so long after the last one if anything changed. */
export interface SnapshotTerms {
  readonly changesMax: number;
  readonly everyMs: number;
  /** How often it is looked whether one is due. */
  readonly checkMs: number;
}

/** A restart reads at most so many changes, which takes about a second. */
export const standardTerms: SnapshotTerms = { changesMax: 10_000, everyMs: 10 * 60_000, checkMs: 5_000 };

/** What the last snapshot has; `undefined` when there is none of use, of which one sentence tells. */
export async function loadSnapshot(ports: SnapshotPorts): Promise<IndexContents | undefined> {
  try {
    return await decodeSnapshot(ports.snapshot.read());
  } catch (error) {
    ports.notice(
      `The snapshot of the index is of no use (${reasonOf(error)}): all fingerprints are read from the database.`,
    );
    return undefined;
  }
}

/** Writes a snapshot whenever one is due until the signal aborts, and then a last one if anything changed. */
export async function keepSnapshots(
  ports: SnapshotPorts,
  followed: FollowedImages<IndexEntry, HeldImages>,
  { signal, terms = standardTerms }: { readonly signal: AbortSignal; readonly terms?: SnapshotTerms },
): Promise<void> {
  let saved = { turn: followed.images.now(), atMs: ports.clock.now().getTime() };
  while (!signal.aborted) {
    // The signal ends the wait by rejecting it, and then the loop.
    await delay(terms.checkMs, undefined, { signal }).catch(() => {});
    const now = { turn: followed.images.now(), atMs: ports.clock.now().getTime() };
    const changes = now.turn - saved.turn;
    const isDue = changes >= terms.changesMax || now.atMs - saved.atMs >= terms.everyMs || signal.aborted;
    if (changes === 0 || !isDue || followed.position === undefined) continue;
    await saveSnapshot(ports, { images: followed.images, position: followed.position });
    saved = now;
  }
}

/** A snapshot that cannot be written only makes the next start slower: it is told, and the next one tried when it is due. */
async function saveSnapshot({ snapshot, notice }: SnapshotPorts, contents: IndexContents): Promise<void> {
  try {
    await snapshot.write(encodeSnapshot(contents));
  } catch (error) {
    notice(`The snapshot of the index cannot be written: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
