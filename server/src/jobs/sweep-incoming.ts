import { discardObjects } from "../images/discard-objects.ts";
import type { Bucket, Catalog, JobFileId } from "../ports.ts";
import { incomingKey, incomingPrefix, parseIncomingKey } from "./incoming-files.ts";

const batchSize = 500;

type Ports = { readonly catalog: Pick<Catalog, "jobs">; readonly bucket: Bucket };

/**
 * Takes files out of the bucket that no job waits for and none is about to: those that were taken in or rejected by a worker that ended before it could.
 * Returns how many went.
 */
export async function sweepIncoming({ catalog, bucket }: Ports, signal: AbortSignal): Promise<number> {
  const sweepBatch = async (found: readonly JobFileId[]): Promise<number> => {
    const awaited = new Set(await catalog.jobs.whichWait(found));
    const over = found.filter((id) => !awaited.has(id));
    await discardObjects(bucket, over.map(incomingKey));
    return over.length;
  };
  let count = 0;
  let batch: JobFileId[] = [];
  for await (const { key } of bucket.list(incomingPrefix)) {
    if (signal.aborted) return count;
    const id = parseIncomingKey(key);
    if (id) batch.push(id);
    if (batch.length < batchSize) continue;
    count += await sweepBatch(batch);
    batch = [];
  }
  return count + (await sweepBatch(batch));
}
