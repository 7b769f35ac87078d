import { packFeatures } from "@utsuru/core/pack-features";
import { Failure } from "../errors.ts";
import type { Bucket, Catalog, Decoder, DerivedParts, Image, Staging } from "../ports.ts";
import { orientedOf } from "./fingerprints-of.ts";
import { keepThumbnail } from "./keep-thumbnail.ts";
import { withLocalCopy } from "./local-copy.ts";

/** What deriving anew works with. */
export interface RenewalPorts {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly staging: Staging;
  readonly decoder: Pick<Decoder, "ingest" | "inspect">;
}

/**
 * Derives from an image's original what is not of this program's version or lacks: fingerprints, local features, the thumbnail. What it had
 * before is found until then. Nothing happens when all is as it should be, or the image is gone.
 */
export async function renewImage(ports: RenewalPorts, imageId: string, signal: AbortSignal): Promise<void> {
  const record = await ports.catalog.renewals.find(imageId);
  if (!record) return;
  const { image, thumbnail, isCurrent } = record;
  const bytesThere = await ports.bucket.size(image.keys.thumbnail);
  const hasThumbnail = thumbnail !== undefined && bytesThere === thumbnail.bytes;
  if (isCurrent && hasThumbnail) return;
  const derived = await derive(ports, { image, hasThumbnail }, signal);
  if (!derived) return;
  const { parts, thumbnail: content } = derived;
  if (content) await keepThumbnail(ports, { image, content, replaces: bytesThere !== undefined }, signal);
  await ports.catalog.renewals.keep(imageId, parts);
}

interface Derived {
  readonly parts: DerivedParts;
  /** Where it lacks one. */
  readonly thumbnail?: Uint8Array;
}

/** `undefined` when the image was deleted meanwhile. */
async function derive(
  ports: RenewalPorts,
  { image, hasThumbnail }: { readonly image: Image; readonly hasThumbnail: boolean },
  signal: AbortSignal,
): Promise<Derived | undefined> {
  const use = (path: string) => (hasThumbnail ? deriveParts : deriveAll)(ports, path, signal);
  try {
    return await withLocalCopy(ports, { image, viewer: image.owner }, { signal, use });
  } catch (error) {
    if (error instanceof Failure && error.code === "not-found") return undefined;
    throw error;
  }
}

async function deriveAll({ decoder }: RenewalPorts, path: string, signal: AbortSignal): Promise<Derived> {
  const { thumbnail, ...ingested } = await decoder.ingest(path, { signal });
  return { parts: { oriented: orientedOf(ingested), features: ingested.features }, thumbnail };
}

async function deriveParts({ decoder }: RenewalPorts, path: string, signal: AbortSignal): Promise<Derived> {
  const inspection = await decoder.inspect(path, { signal, features: "store" });
  if (!inspection.features) throw new Error("asked for features, the decoder gave none");
  return { parts: { oriented: orientedOf(inspection), features: packFeatures(inspection.features) } };
}
