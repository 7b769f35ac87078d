import { discardObjects } from "../images/discard-objects.ts";
import type { Bucket, Catalog, Clock, JobFileId } from "../ports.ts";
import { incomingKey, incomingPrefix, parseIncomingKey } from "./incoming-files.ts";

/** So long an upload may take from its first object to its transaction, and much longer. */
const youngMs = 60 * 60_000;
const batchSize = 500;

type Ports = { readonly catalog: Pick<Catalog, "jobs">; readonly bucket: Bucket; readonly clock: Clock };

/**
 * Takes files out of the bucket that no job waits for: those that were taken in or rejected by a worker that ended before it could, and, when they are
 * not young, those of uploads that ended before there was a job. Returns how many went.
 */
export async function sweepIncoming(ports: Ports, signal: AbortSignal): Promise<number> {
  let count = 0;
  let batch: { id: JobFileId; isYoung: boolean }[] = [];
  const youngFrom = ports.clock.now().getTime() - youngMs;
  for await (const { key, modifiedAt } of ports.bucket.list(incomingPrefix)) {
    if (signal.aborted) return count;
    const id = parseIncomingKey(key);
    if (id) batch.push({ id, isYoung: modifiedAt.getTime() > youngFrom });
    if (batch.length < batchSize) continue;
    count += await sweepBatch(ports, batch);
    batch = [];
  }
  return count + (await sweepBatch(ports, batch));
}

async function sweepBatch(
  { catalog, bucket }: Ports,
  found: readonly { readonly id: JobFileId; readonly isYoung: boolean }[],
): Promise<number> {
  if (found.length === 0) return 0;
  const { waiting, unknown } = await catalog.jobs.whichWait(found.map(({ id }) => id));
  const [awaited, unsure] = [new Set(waiting), new Set(unknown)];
  const over = found.filter(({ id, isYoung }) => !awaited.has(id) && !(isYoung && unsure.has(id)));
  await discardObjects(
    bucket,
    over.map(({ id }) => incomingKey(id)),
  );
  return over.length;
}
