import pLimit from "p-limit";
import type { Bucket, ObjectNotes } from "../ports.ts";

/** What deleting noted objects works with. */
export interface DeletionPorts {
  readonly catalog: {
    readonly objects: Pick<ObjectNotes, "takeDeletions" | "confirmDeletions">;
  };
  readonly bucket: Pick<Bucket, "delete">;
}

const concurrency = 8;

/** Deletes objects whose deletion is noted, each tried whatever becomes of the others; those that will not go stay noted. Throws when there are any. */
export async function deleteObjects(ports: DeletionPorts, keys: readonly string[]): Promise<void> {
  const limit = pLimit(concurrency);
  const outcomes = await Promise.allSettled(keys.map((key) => limit(() => ports.bucket.delete(key))));
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  await ports.catalog.objects.confirmDeletions(keys.filter((_, i) => outcomes[i]?.status === "fulfilled"));
  if (failures.length === 0) return;
  throw new AggregateError(failures, `${failures.length} of ${keys.length} objects could not be deleted`, {
    cause: failures[0],
  });
}

/** Deletes what is noted and due and nobody else is deleting; returns how many objects went. */
export async function sweepDeletions(ports: DeletionPorts, limit: number): Promise<number> {
  const keys = await ports.catalog.objects.takeDeletions(limit);
  if (keys.length > 0) await deleteObjects(ports, keys);
  return keys.length;
}
