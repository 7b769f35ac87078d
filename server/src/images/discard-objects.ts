import type { Bucket } from "../ports.ts";

/** Removes objects that no image stands for. What cannot be removed now stays in the bucket, where nothing points to it. */
export async function discardObjects(bucket: Bucket, keys: readonly string[]): Promise<void> {
  await Promise.allSettled(keys.map((key) => bucket.delete(key)));
}
