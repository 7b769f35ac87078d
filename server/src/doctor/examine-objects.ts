import type { Catalog } from "../ports.ts";
import type { ExaminePorts } from "./examine-image.ts";
import type { ExamineOptions, Finding } from "./finding.ts";

const batchSize = 500;

/**
 * Objects that nothing in the database explains, in batches: neither an image, nor a put under way, nor a deletion or a job that the sweeper
 * sees to. They are told and never deleted: they may be what is left of a lost database.
 */
export async function* examineObjects(
  { catalog, bucket }: Pick<ExaminePorts, "catalog" | "bucket">,
  { signal }: Pick<ExamineOptions, "signal">,
): AsyncGenerator<{ readonly objects: number; readonly findings: readonly Finding[] }> {
  let batch: string[] = [];
  for await (const { key } of bucket.list("")) {
    signal.throwIfAborted();
    batch.push(key);
    if (batch.length < batchSize) continue;
    yield { objects: batch.length, findings: await unexplained(catalog.records, batch) };
    batch = [];
  }
  yield { objects: batch.length, findings: await unexplained(catalog.records, batch) };
}

async function unexplained(records: Catalog["records"], keys: readonly string[]): Promise<Finding[]> {
  const reasons = await records.reasons(keys);
  const detail = "The database knows nothing of this object.";
  return keys
    .filter((key) => !reasons.has(key))
    .map((key) => ({ kind: "object-unexplained", key, detail, mended: false }));
}
