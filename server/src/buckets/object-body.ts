import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { StagedFile } from "../ports.ts";
import { withFolderFailures } from "./folder-failure.ts";
import type { ObjectBody } from "./object-store.ts";

const chunkBytes = 256 * 1024;

/** Bytes in memory as a body. */
export function bodyOfContent(content: Uint8Array): ObjectBody {
  return {
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    md5: createHash("md5").update(content).digest("hex"),
    open: () => Readable.from(content.length === 0 ? [] : [content], { objectMode: false }),
  };
}

/** A staged file as a body, after reading it once: throws when it is not what it is said to be. */
export async function bodyOfFile(file: StagedFile, signal: AbortSignal | undefined): Promise<ObjectBody> {
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  let bytes = 0;
  await withFolderFailures(async () => {
    for await (const chunk of openFile(file.path, signal)) {
      sha256.update(chunk);
      md5.update(chunk);
      bytes += chunk.length;
    }
  });
  const found = { bytes, sha256: sha256.digest("hex"), md5: md5.digest("hex") };
  if (found.bytes !== file.bytes || found.sha256 !== file.sha256) {
    throw new Error(
      `expected ${file.bytes} bytes with SHA-256 ${file.sha256} to store, found ${found.bytes} with ${found.sha256}`,
    );
  }
  return { ...found, open: () => openFile(file.path, undefined) };
}

function openFile(path: string, signal: AbortSignal | undefined): Readable {
  return createReadStream(path, { highWaterMark: chunkBytes, ...(signal === undefined ? {} : { signal }) });
}
