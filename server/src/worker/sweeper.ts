import { setTimeout as delay } from "node:timers/promises";
import { sweepDeletions } from "../images/delete-image.ts";
import { sweepIncoming } from "../jobs/sweep-incoming.ts";
import type { Bucket, Catalog, Clock } from "../ports.ts";

const batch = 100;
/** A server that was away for longer reads all images anew. */
const changesKeptMs = 7 * 24 * 60 * 60_000;
const jobsKeptMs = 30 * 24 * 60 * 60_000;

/** What sweeping works with. */
export interface SweeperPorts {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly clock: Clock;
}

/**
 * Deletes from the bucket what removals could not and what jobs left, and clears away jobs and changes of images of long ago, now and then every
 * `intervalMs`, until the signal ends it.
 * An error is told and the next round tries again.
 */
export async function sweep(
  ports: SweeperPorts,
  options: { readonly signal: AbortSignal; readonly intervalMs?: number; readonly onError: (error: unknown) => void },
): Promise<void> {
  const { signal, intervalMs = 60_000, onError } = options;
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await sweepDeletions(ports, batch)) === batch);
      const now = ports.clock.now().getTime();
      await ports.catalog.changes.prune(new Date(now - changesKeptMs));
      await ports.catalog.jobs.prune(new Date(now - jobsKeptMs));
      await sweepIncoming(ports, signal);
    } catch (error) {
      onError(error);
    }
    // The signal ends the wait by rejecting it, which is how this loop is meant to end.
    await delay(intervalMs, undefined, { signal }).catch(() => {});
  }
}
