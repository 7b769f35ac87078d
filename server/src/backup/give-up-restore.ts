import pLimit from "p-limit";
import type { Bucket, Catalog } from "../ports.ts";

/** What giving up a restore works with. */
export interface GiveUpPorts {
  readonly catalog: Pick<Catalog, "backups" | "records">;
  readonly bucket: Pick<Bucket, "delete">;
}

/** How far a restore is taken out. */
export interface TakeOutProgress {
  readonly images: number;
  readonly imagesTotal: number;
}

/** What came of it. */
export interface TakenOut {
  readonly backupId: string;
  /** Taken out. */
  readonly images: number;
  /** There now, since they are not from the backup. */
  readonly left: { readonly people: number; readonly images: number };
}

/** What was kept. */
export interface Kept {
  readonly backupId: string;
  /** There now. */
  readonly images: number;
}

const imagesAtOnce = 200;
const deletionsAtOnce = 8;

/**
 * Takes out what the unfinished restore has brought in, rows first, each batch's objects before the next batch. What was uploaded meanwhile stays,
 * with its owner. A run that ends early is gone on with by the next. Throws `StartError` when no restore is unfinished, and the signal's reason.
 */
export async function abandonRestore(
  { catalog, bucket }: GiveUpPorts,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: TakeOutProgress) => void },
): Promise<TakenOut> {
  const { backups, records } = catalog;
  const { backupId, keys: underWay } = await backups.giveUp();
  await deleteAll(bucket, underWay);
  const imagesTotal = await records.count();
  let images = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const taken = await backups.takeOut(backupId, imagesAtOnce);
    if (taken.images === 0) break;
    await deleteAll(bucket, taken.keys);
    images += taken.images;
    options.onProgress({ images, imagesTotal });
  }
  // Once more: a put of the restore may have come after the first deletion.
  await deleteAll(bucket, underWay);
  const { peopleLeft } = await backups.endTakenOut(backupId);
  return { backupId, images, left: { people: peopleLeft, images: await records.count() } };
}

/** Ends the unfinished restore with what is there. Throws `StartError` when there is none. */
export async function keepRestored({ catalog, bucket }: GiveUpPorts): Promise<Kept> {
  const { backups, records } = catalog;
  const { backupId, keys } = await backups.giveUp();
  await deleteAll(bucket, keys);
  await backups.endKept(backupId);
  return { backupId, images: await records.count() };
}

async function deleteAll(bucket: Pick<Bucket, "delete">, keys: readonly string[]): Promise<void> {
  const limit = pLimit(deletionsAtOnce);
  await Promise.all(keys.map((key) => limit(() => bucket.delete(key))));
}
