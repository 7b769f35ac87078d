import { createHash } from "node:crypto";
import type { ArchiveEntry } from "../ports.ts";
import { damaged, type Manifest, objectsFolder } from "./format.ts";
import { type BackedUpObject, openBackup } from "./read-backup.ts";
import { refuseNewer } from "./restore-library.ts";

/** How far the check of a backup has come. */
export interface CheckProgress {
  readonly images: number;
  readonly imagesTotal: number;
  readonly objects: number;
  readonly bytes: number;
}

/** How to check. */
export interface CheckOptions {
  /** The newest schema that can be restored. */
  readonly schema: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CheckProgress) => void;
}

/** Reads a whole backup and compares every checksum. Throws `StartError` for one that is damaged, cut off or none, and the signal's reason. */
export async function checkBackup(
  archive: AsyncIterable<ArchiveEntry>,
  { schema, signal, onProgress }: CheckOptions,
): Promise<CheckProgress & { readonly manifest: Manifest }> {
  const backup = await openBackup(archive);
  refuseNewer(backup, schema);
  const { manifest } = backup;
  const seen = { images: 0, imagesTotal: manifest.counts.images ?? 0, objects: 0, bytes: 0 };
  for await (const part of backup.parts()) {
    for await (const object of part.objects()) {
      signal.throwIfAborted();
      await compare(object);
      seen.objects += 1;
      seen.bytes += object.expected.bytes;
      onProgress(seen);
    }
    seen.images += part.images.length;
    onProgress(seen);
  }
  return { ...seen, manifest };
}

async function compare({ expected, stream }: BackedUpObject): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  if (hash.digest("hex") !== expected.sha256) throw damaged(objectsFolder + expected.key);
}
