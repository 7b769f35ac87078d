import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";

/** More than a machine with load 40 took to start a decoding process. */
const triesMax = 60;

/** Ingests a picture; where the decoder has no process for it just now, which on a busy machine takes long to start, it is asked again when it says. */
export async function ingestPatiently(
  decoder: Pick<Decoder, "ingest">,
  path: string,
  signal: AbortSignal,
): ReturnType<Decoder["ingest"]> {
  for (let tries = 1; ; tries++) {
    try {
      return await decoder.ingest(path, { signal });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "overloaded" || tries === triesMax) throw error;
      await delay(1_000 * (error.retryAfterS ?? 1), undefined, { signal });
    }
  }
}
