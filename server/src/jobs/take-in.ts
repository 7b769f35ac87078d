import { Failure, mayPass } from "../errors.ts";
import { discardObjects } from "../images/discard-objects.ts";
import { type UploadPorts, uploadImage } from "../images/upload-image.ts";
import type { Catalog, JobFile, JobFileId, JobOutcome, StagedFile, Staging } from "../ports.ts";
import { incomingKey } from "./incoming-files.ts";

/** What taking a file in works with. */
export interface TakeInPorts extends Omit<UploadPorts, "catalog"> {
  readonly catalog: Pick<Catalog, "images" | "jobs" | "objects">;
  readonly staging: Staging;
}

/**
 * Takes in a file that was promised to be: an upload whose client does not wait. Once, however often it is called: what came of the file
 * is noted with the image it became. Throws what may pass, so that the queue tries again.
 */
export async function takeIn(ports: TakeInPorts, id: JobFileId, signal: AbortSignal): Promise<void> {
  const { bucket, catalog, clock } = ports;
  const file = await catalog.jobs.begin(id, clock.now());
  if (file) {
    const outcome = await outcomeOf(ports, { id, file }, signal);
    if (outcome) await catalog.jobs.settle(id, outcome, clock.now());
  }
  await discardObjects(bucket, [incomingKey(id)]);
}

/** What is still to be noted of the file; `undefined` when its transaction has done so, or it was withdrawn. */
async function outcomeOf(
  ports: TakeInPorts,
  what: { readonly id: JobFileId; readonly file: JobFile },
  signal: AbortSignal,
): Promise<JobOutcome | undefined> {
  const { id, file } = what;
  const { images, jobs, objects } = ports.catalog;
  const add: UploadPorts["catalog"]["images"]["add"] = (image, stored) => jobs.addImage(id, image, stored);
  const uploading = { ...ports, catalog: { images: { findOwned: images.findOwned, add }, objects } };
  try {
    const uploaded = await withIncoming(ports, { id, file, signal }, (staged) =>
      uploadImage(uploading, { file: staged, ...file }, signal),
    );
    return uploaded.kind === "duplicate" ? { kind: "duplicate", imageId: uploaded.image.id } : undefined;
  } catch (error) {
    if (!(error instanceof Failure) || mayPass(error)) throw error;
    return { kind: "rejected", problem: { code: error.code, detail: error.message } };
  }
}

/** Lends the file from the bucket, as it was sent, for the time of a piece of work. */
async function withIncoming<T>(
  { bucket, staging }: TakeInPorts,
  what: { readonly id: JobFileId; readonly file: JobFile; readonly signal: AbortSignal },
  use: (staged: StagedFile) => Promise<T>,
): Promise<T> {
  const { id, file, signal } = what;
  const object = await bucket.get(incomingKey(id), { signal });
  if (!object) throw new Failure("bucket-unavailable", "The storage does not have the file that was sent.");
  const staged = await staging.stage(object.stream, { bytesMax: file.bytes, signal });
  try {
    if (staged.sha256 !== file.sha256)
      throw new Failure("bucket-unavailable", "The storage has other bytes than were sent.");
    return await use(staged);
  } finally {
    await staging.discard(staged);
  }
}
