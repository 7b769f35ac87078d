import { Failure } from "../errors.ts";
import type { Bucket, Catalog, User } from "../ports.ts";
import type { SearchIndex } from "../search/search-index.ts";
import { derivativeKey } from "./image-keys.ts";

type Ports = { catalog: Catalog; bucket: Bucket; index: SearchIndex };

/**
 * Removes the owner's image from lists, search and the bucket. Once answered it is gone; objects that the bucket could not
 * give up are noted in the database and swept later. Throws `not-found`.
 */
export async function deleteImage(ports: Ports, imageId: string, owner: User): Promise<void> {
  const image = await ports.catalog.images.find(imageId, owner);
  // The derivative may not have been made, or is being made: noting it costs nothing, missing it leaves a picture behind.
  const removed = image && (await ports.catalog.images.remove(imageId, owner.id, [derivativeKey(image)]));
  if (!removed) throw new Failure("not-found", "There is no such image.");
  ports.index.remove(imageId);
  await Promise.allSettled(removed.keys.map((key) => deleteObject(ports, key)));
}

/** What deleting noted objects works with. */
interface DeletionPorts {
  readonly catalog: { readonly images: Pick<Catalog["images"], "pendingDeletions" | "confirmDeletion"> };
  readonly bucket: Pick<Bucket, "delete">;
}

/** Deletes what earlier removals left in the bucket; returns how many objects went. One that will not go keeps no other: then throws when all were tried. */
export async function sweepDeletions(ports: DeletionPorts, limit: number): Promise<number> {
  const keys = await ports.catalog.images.pendingDeletions(limit);
  const failures: unknown[] = [];
  for (const key of keys) await deleteObject(ports, key).catch((error: unknown) => failures.push(error));
  if (failures.length === 0) return keys.length;
  throw new AggregateError(failures, `${failures.length} of ${keys.length} objects could not be deleted`, {
    cause: failures[0],
  });
}

async function deleteObject(ports: DeletionPorts, key: string): Promise<void> {
  await ports.bucket.delete(key);
  await ports.catalog.images.confirmDeletion(key);
}
