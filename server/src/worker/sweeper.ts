import { setTimeout as delay } from "node:timers/promises";
import { sweepDeletions } from "../images/delete-objects.ts";
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

/** One thing that is done in each round. */
type Chore = (ports: SweeperPorts, signal: AbortSignal) => Promise<unknown>;

const chores: readonly Chore[] = [
  ({ catalog }, signal) => inBatches(() => catalog.objects.giveUpOldPuts(batch), signal),
  (ports, signal) => inBatches(() => sweepDeletions(ports, batch), signal),
  ({ catalog, clock }) => catalog.changes.prune(new Date(clock.now().getTime() - changesKeptMs)),
  ({ catalog, clock }) => catalog.jobs.prune(new Date(clock.now().getTime() - jobsKeptMs)),
  sweepIncoming,
  ({ catalog }) => catalog.renewals.plan(),
];

/**
 * Deletes from the bucket what crashes left, what removals could not and what jobs left, clears away jobs and changes of images of long ago, and
 * puts images that are to be derived anew into the queue, now and then every `intervalMs`, until the signal ends it. An error is told, keeps no other chore from being done, and the next round tries again.
 */
export async function sweep(
  ports: SweeperPorts,
  options: { readonly signal: AbortSignal; readonly intervalMs?: number; readonly onError: (error: unknown) => void },
): Promise<void> {
  const { signal, intervalMs = 60_000, onError } = options;
  while (!signal.aborted) {
    for (const chore of chores) if (!signal.aborted) await chore(ports, signal).catch(onError);
    // The signal ends the wait by rejecting it, which is how this loop is meant to end.
    await delay(intervalMs, undefined, { signal }).catch(() => {});
  }
}

async function inBatches(sweepOne: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await sweepOne()) === batch);
}
