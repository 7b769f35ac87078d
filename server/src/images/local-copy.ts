import { Failure } from "../errors.ts";
import type { Bucket, Image, Staging } from "../ports.ts";

/** Lends an image's original as a local file for the time of a piece of work. Throws `bucket-unavailable` when it is not there. */
export async function withLocalCopy<T>(
  ports: { bucket: Bucket; staging: Staging },
  image: Image,
  work: { readonly signal: AbortSignal; readonly use: (path: string) => Promise<T> },
): Promise<T> {
  const { signal, use } = work;
  const original = await ports.bucket.get(image.keys.original, { signal });
  if (!original)
    throw new Failure("bucket-unavailable", "The storage does not have this file at the moment.", { retryAfterS: 30 });
  const copy = await ports.staging.stage(original.stream, { bytesMax: image.bytes, signal });
  try {
    return await use(copy.path);
  } finally {
    await ports.staging.discard(copy);
  }
}
