import { packFeatures } from "@utsuru/core/pack-features";
import { Failure } from "../errors.ts";
import type { Bucket, Catalog, Decoder, Image, Staging } from "../ports.ts";
import { withLocalCopy } from "./local-copy.ts";

/** What extracting features later works with. */
export interface ExtractionPorts {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly staging: Staging;
  readonly decoder: Pick<Decoder, "inspect">;
}

const pageSize = 100;

/**
 * Extracts and keeps the local features of every image that lacks them: it came before features were kept, or has those of another
 * version. One image after the other; one that cannot be read keeps no other from it: then throws when all were tried. Several servers
 * at once do the same work twice, which harms nothing.
 */
export async function extractMissing(ports: ExtractionPorts, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  let after: string | undefined;
  do {
    const images = await ports.catalog.images.lackingFeatures({ limit: pageSize, after });
    for (const image of images) {
      if (signal.aborted) return;
      await extract(ports, image, signal).catch((error: unknown) => failures.push(error));
    }
    after = images.at(-1)?.id;
  } while (after !== undefined);
  const others = failures.filter((error) => !isGone(error));
  if (others.length > 0)
    throw new AggregateError(others, `${others.length} images cannot be read for it, the first: ${others[0]}`);
}

/** Deleted while it was to be read. */
function isGone(error: unknown): boolean {
  return error instanceof Failure && error.code === "not-found";
}

async function extract(ports: ExtractionPorts, image: Image, signal: AbortSignal): Promise<void> {
  const { features } = await withLocalCopy(
    ports,
    { image, viewer: image.owner },
    { signal, use: (path) => ports.decoder.inspect(path, { signal, features: "store" }) },
  );
  if (features) await ports.catalog.features.put(image.id, packFeatures(features));
}
