import { Failure } from "../errors.ts";
import type { Bucket, Catalog, Decoder, Image, Staging } from "../ports.ts";
import { orientedOf } from "./fingerprints-of.ts";
import { withLocalCopy } from "./local-copy.ts";
import { replaceThumbnail } from "./replace-thumbnail.ts";

/** What deriving anew works with. */
export interface RenewalPorts {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly staging: Staging;
  readonly decoder: Pick<Decoder, "ingest">;
}

/**
 * Derives from an image's original what is not of this program's version or lacks: fingerprints, local features, the thumbnail. What it had
 * before is found until then. Nothing happens when all is as it should be, or the image is gone.
 */
export async function renewImage(ports: RenewalPorts, imageId: string, signal: AbortSignal): Promise<void> {
  const record = await ports.catalog.renewals.find(imageId);
  if (!record) return;
  const { image, thumbnail, isCurrent } = record;
  const hasThumbnail = (await ports.bucket.size(image.keys.thumbnail)) === thumbnail.bytes;
  if (isCurrent && hasThumbnail) return;
  const ingested = await ingest(ports, image, signal);
  if (!ingested) return;
  if (!hasThumbnail) await replaceThumbnail(ports, { image, content: ingested.thumbnail }, signal);
  await ports.catalog.renewals.keep(imageId, { oriented: orientedOf(ingested), features: ingested.features });
}

/** `undefined` when the image was deleted meanwhile. */
async function ingest(
  ports: RenewalPorts,
  image: Image,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<Decoder["ingest"]>> | undefined> {
  try {
    const use = (path: string) => ports.decoder.ingest(path, { signal });
    return await withLocalCopy(ports, { image, viewer: image.owner }, { signal, use });
  } catch (error) {
    if (error instanceof Failure && error.code === "not-found") return undefined;
    throw error;
  }
}
