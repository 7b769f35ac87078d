import { setTimeout as delay } from "node:timers/promises";
import { sweepDeletions } from "../images/delete-image.ts";
import type { Bucket, Catalog } from "../ports.ts";

const batch = 100;
/** A server that was away for longer reads all images anew. */
const changesKeptMs = 7 * 24 * 60 * 60_000;

/**
 * Deletes from the bucket what removals could not, and clears away which images changed long ago, now and then every `intervalMs`, until the signal ends it.
 * An error is told and the next round tries again.
 */
export async function sweep(
  ports: { catalog: Catalog; bucket: Bucket },
  options: { readonly signal: AbortSignal; readonly intervalMs?: number; readonly onError: (error: unknown) => void },
): Promise<void> {
  const { signal, intervalMs = 60_000, onError } = options;
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await sweepDeletions(ports, batch)) === batch);
      await ports.catalog.changes.prune(new Date(Date.now() - changesKeptMs));
    } catch (error) {
      onError(error);
    }
    // The signal ends the wait by rejecting it, which is how this loop is meant to end.
    await delay(intervalMs, undefined, { signal }).catch(() => {});
  }
}
