import { Failure } from "../errors.ts";
import type { Bucket, Catalog, Staging } from "../ports.ts";
import { presentIn, type Viewed } from "./find-image.ts";

/**
 * Lends an image's original as a local file for the time of a piece of work. When it is not there, throws `not-found` if the
 * image was deleted meanwhile, else `bucket-unavailable`; so also when its bytes are others than were sent.
 */
export async function withLocalCopy<T>(
  ports: { bucket: Bucket; catalog: Catalog; staging: Staging },
  viewed: Viewed,
  work: { readonly signal: AbortSignal; readonly use: (path: string) => Promise<T> },
): Promise<T> {
  const { signal, use } = work;
  const { image } = viewed;
  const original = await presentIn(ports.catalog, viewed, () => ports.bucket.get(image.keys.original, { signal }));
  const copy = await ports.staging.stage(original.stream, { bytesMax: image.bytes, signal });
  try {
    if (copy.sha256 !== image.sha256) throw damaged();
    return await use(copy.path);
  } finally {
    await ports.staging.discard(copy);
  }
}

function damaged(): Failure {
  return new Failure("bucket-unavailable", "The storage has other bytes than were sent.", { retryAfterS: 30 });
}
