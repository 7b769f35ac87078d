import { v7 as uuidv7 } from "uuid";
import { Failure } from "../errors.ts";
import { discardObjects } from "../images/discard-objects.ts";
import { putObjects } from "../images/put-objects.ts";
import type { Bucket, Catalog, Clock, StagedFile, User, Visibility } from "../ports.ts";
import { incomingKey } from "./incoming-files.ts";

/** Pictures that someone sent, to be taken in later. */
export interface Batch {
  readonly files: readonly { readonly name: string; readonly file: StagedFile }[];
  readonly visibility: Visibility;
  readonly owner: User;
}

type Ports = { readonly catalog: Pick<Catalog, "jobs" | "objects">; readonly bucket: Bucket; readonly clock: Clock };

/**
 * Promises to take pictures in: the files to the bucket, noted, where every worker finds them, then job and tasks in one transaction in place of the
 * note. Returns the job's id. Throws what the bucket throws, and `overloaded` when too many files wait; then the files are taken away again, now or
 * by the sweeper.
 */
export async function acceptUpload(ports: Ports, batch: Batch, signal: AbortSignal): Promise<string> {
  const { catalog, bucket, clock } = ports;
  const { files, visibility, owner } = batch;
  const id = uuidv7();
  const keys = files.map((_, position) => incomingKey({ jobId: id, position }));
  const put = (limited: AbortSignal) => putAll(bucket, { files, keys }, limited);
  await putObjects(ports, { id, imageId: id, keys }, { signal, put });
  try {
    await catalog.jobs.add({
      ...{ id, ownerId: owner.id, visibility, createdAt: clock.now() },
      files: files.map(({ name, file: { bytes, sha256 } }) => ({ name, bytes, sha256 })),
    });
  } catch (error) {
    // Any other failure may have come after the job was there: then the sweeper sees whether it is.
    if (error instanceof Failure && error.code !== "database-unavailable") await discardObjects(bucket, keys);
    throw error;
  }
  return id;
}

/** Throws only when no put goes on. */
async function putAll(
  bucket: Bucket,
  { files, keys }: Pick<Batch, "files"> & { readonly keys: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const puts = files.map(({ file }, position) =>
    bucket.put(keys[position] ?? "", { file }, { contentType: "application/octet-stream", signal }),
  );
  await Promise.allSettled(puts);
  await Promise.all(puts);
}
