import { setTimeout as delay } from "node:timers/promises";
import { type ExtractionPorts, extractMissing } from "../images/extract-missing.ts";

/**
 * Completes the features of images that lack them, now and then every `intervalMs`, until the signal ends it. What could not be read is
 * told, and tried again in the next round.
 */
export async function runExtractor(
  ports: ExtractionPorts,
  options: { readonly signal: AbortSignal; readonly intervalMs?: number; readonly onError: (error: unknown) => void },
): Promise<void> {
  const { signal, intervalMs = 10 * 60_000, onError } = options;
  while (!signal.aborted) {
    await extractMissing(ports, signal).catch((error: unknown) => {
      if (!signal.aborted) onError(error);
    });
    // The signal ends the wait by rejecting it, which is how this loop is meant to end.
    await delay(intervalMs, undefined, { signal }).catch(() => {});
  }
}
