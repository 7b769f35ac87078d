import { Failure } from "../errors.ts";
import type { Bucket, StagedFile, Staging } from "../ports.ts";

/** What of an object is wanted: its size and checksum. */
export interface Expected {
  readonly key: string;
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** An object, compared with what is known of it. A whole one lies in a file, which whoever asked discards. */
export type ReadObject =
  | { readonly kind: "missing" }
  | { readonly kind: "damaged"; readonly detail: string }
  | { readonly kind: "whole"; readonly file: StagedFile };

/** Reads an object to its end. */
export async function readObject(
  { bucket, staging }: { readonly bucket: Bucket; readonly staging: Staging },
  { key, bytes, sha256 }: Expected,
  signal: AbortSignal,
): Promise<ReadObject> {
  const object = await bucket.get(key, { signal });
  if (!object) return { kind: "missing" };
  let file: StagedFile;
  try {
    file = await staging.stage(object.stream, { bytesMax: bytes, signal });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "payload-too-large") throw error;
    return { kind: "damaged", detail: `has more than ${bytes} bytes` };
  }
  if (file.sha256 === sha256) return { kind: "whole", file };
  await staging.discard(file);
  return {
    kind: "damaged",
    detail: `has ${file.bytes} bytes with SHA-256 ${file.sha256}, not ${bytes} with ${sha256}`,
  };
}
