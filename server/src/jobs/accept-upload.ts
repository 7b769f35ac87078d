import { v7 as uuidv7 } from "uuid";
import { Failure } from "../errors.ts";
import { discardObjects } from "../images/discard-objects.ts";
import type { Bucket, Catalog, Clock, StagedFile, User, Visibility } from "../ports.ts";
import { incomingKey } from "./incoming-files.ts";

/** Pictures that someone sent, to be taken in later. */
export interface Batch {
  readonly files: readonly { readonly name: string; readonly file: StagedFile }[];
  readonly visibility: Visibility;
  readonly owner: User;
}

type Ports = { readonly catalog: Pick<Catalog, "jobs">; readonly bucket: Bucket; readonly clock: Clock };

/**
 * Promises to take pictures in: the files to the bucket, where every worker finds them, then job and tasks in one transaction. Returns the job's id.
 * Throws what the bucket throws, and `overloaded` when too many files wait; then the files are taken away again, but for a transaction
 * whose end is not known: the sweeper sees later whether it was committed.
 */
export async function acceptUpload(ports: Ports, batch: Batch, signal: AbortSignal): Promise<string> {
  const { catalog, bucket, clock } = ports;
  const { files, visibility, owner } = batch;
  const id = uuidv7();
  const keys = files.map((_, position) => incomingKey({ jobId: id, position }));
  const put = async ({ file }: Batch["files"][number], position: number): Promise<void> => {
    await bucket.put(keys[position] ?? "", { file }, { contentType: "application/octet-stream", signal });
  };
  const puts = await Promise.allSettled(files.map(put));
  const failed = puts.find((one) => one.status === "rejected");
  if (failed) {
    await discardObjects(bucket, keys);
    throw failed.reason;
  }
  try {
    await catalog.jobs.add({
      ...{ id, ownerId: owner.id, visibility, createdAt: clock.now() },
      files: files.map(({ name, file: { bytes, sha256 } }) => ({ name, bytes, sha256 })),
    });
  } catch (error) {
    if (error instanceof Failure && error.code === "overloaded") await discardObjects(bucket, keys);
    throw error;
  }
  return id;
}
