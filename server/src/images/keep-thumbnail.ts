import { v7 as uuidv7 } from "uuid";
import type { Bucket, Catalog, Image } from "../ports.ts";
import { discardObjects } from "./discard-objects.ts";
import { putObjects } from "./put-objects.ts";

/** What keeping a thumbnail works with. */
export interface ThumbnailPorts {
  readonly catalog: Pick<Catalog, "objects" | "records">;
  readonly bucket: Bucket;
}

/** A thumbnail that was made of an image. */
export interface MadeThumbnail {
  readonly image: Image;
  readonly content: Uint8Array;
  /** Whether the bucket has another, damaged one. Of several who make one that is not there, none takes away what another has put. */
  readonly replaces: boolean;
}

/**
 * Puts a thumbnail where there is none yet, or in the place of a damaged one. A crash in between leaves one of another size than is noted, or none, which
 * whoever looks next replaces; of an image that is deleted meanwhile nothing is left.
 */
export async function keepThumbnail(
  { catalog, bucket }: ThumbnailPorts,
  { image, content, replaces }: MadeThumbnail,
  signal: AbortSignal,
): Promise<void> {
  const key = image.keys.thumbnail;
  const note = { id: uuidv7(), imageId: image.id, keys: [key] };
  const put = async (limited: AbortSignal) => {
    if (replaces) await bucket.delete(key);
    return bucket.put(key, { content }, { contentType: "image/webp", signal: limited });
  };
  const stored = await putObjects({ catalog, bucket }, note, { signal, put });
  if (await catalog.objects.finishPut(note)) await catalog.records.replaceThumbnail(image.id, stored);
  else await discardObjects(bucket, note.keys);
}
