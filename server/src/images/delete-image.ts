import { Failure } from "../errors.ts";
import type { Bucket, Catalog, User } from "../ports.ts";
import type { PartIndex } from "../search/part-index.ts";
import type { SearchIndex } from "../search/search-index.ts";
import { deleteObjects } from "./delete-objects.ts";
import { derivativeKey } from "./image-keys.ts";

type Ports = { catalog: Catalog; bucket: Bucket; index: SearchIndex; parts: PartIndex };

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
  ports.parts.remove(imageId);
  await Promise.allSettled([deleteObjects(ports, removed.keys)]);
}
