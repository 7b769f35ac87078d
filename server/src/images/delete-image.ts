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

/** Deletes what earlier removals left in the bucket; returns how many objects went. */
export async function sweepDeletions(ports: Pick<Ports, "catalog" | "bucket">, limit: number): Promise<number> {
  const keys = await ports.catalog.images.pendingDeletions(limit);
  for (const key of keys) await deleteObject(ports, key);
  return keys.length;
}

async function deleteObject(ports: Pick<Ports, "catalog" | "bucket">, key: string): Promise<void> {
  await ports.bucket.delete(key);
  await ports.catalog.images.confirmDeletion(key);
}
