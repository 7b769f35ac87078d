import type { Bucket } from "../ports.ts";

/** Removes objects that no image stands for. What cannot be removed now is left to the sweeper, by the note of its put. */
export async function discardObjects(bucket: Bucket, keys: readonly string[]): Promise<void> {
  await Promise.allSettled(keys.map((key) => bucket.delete(key)));
}
