import { Failure } from "../errors.ts";
import type { Catalog, Image, Viewer } from "../ports.ts";

/** An image and who looks at it. */
export interface Viewed {
  readonly image: Image;
  readonly viewer: Viewer;
}

/** The image, if the viewer may see it. Throws `not-found`, the same for what is not there and what is not theirs to see. */
export async function findImage(ports: { catalog: Catalog }, id: string, viewer: Viewer): Promise<Image> {
  const image = await ports.catalog.images.find(id, viewer);
  if (!image) throw new Failure("not-found", "There is no such image.");
  return image;
}

/**
 * What the bucket has of an image. When it has nothing, throws `not-found` if the image was deleted since it was found, else
 * `bucket-unavailable`: a deletion takes the row first, then the objects.
 */
export async function presentIn<T>(
  catalog: Catalog,
  { image, viewer }: Viewed,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const found = await look();
  if (found !== undefined) return found;
  await findImage({ catalog }, image.id, viewer);
  throw new Failure("bucket-unavailable", "The storage does not have this file at the moment.", { retryAfterS: 30 });
}
