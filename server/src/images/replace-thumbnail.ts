import { v7 as uuidv7 } from "uuid";
import type { Bucket, Catalog, Image } from "../ports.ts";
import { discardObjects } from "./discard-objects.ts";
import { putObjects } from "./put-objects.ts";

/** What replacing a thumbnail works with. */
export interface ThumbnailPorts {
  readonly catalog: Pick<Catalog, "objects" | "records">;
  readonly bucket: Bucket;
}

/**
 * Puts a new thumbnail in the place of a lost or damaged one. A crash in between leaves one of another size than is noted, or none, which whoever
 * looks next replaces; of an image that is deleted meanwhile nothing is left.
 */
export async function replaceThumbnail(
  { catalog, bucket }: ThumbnailPorts,
  { image, content }: { readonly image: Image; readonly content: Uint8Array },
  signal: AbortSignal,
): Promise<void> {
  const key = image.keys.thumbnail;
  const note = { id: uuidv7(), imageId: image.id, keys: [key] };
  const put = async (limited: AbortSignal) => {
    await bucket.delete(key);
    return bucket.put(key, { content }, { contentType: "image/webp", signal: limited });
  };
  const stored = await putObjects({ catalog, bucket }, note, { signal, put });
  if (await catalog.objects.finishPut(note)) await catalog.records.replaceThumbnail(image.id, stored);
  else await discardObjects(bucket, note.keys);
}
