import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { Failure } from "../errors.ts";

/** A file's bytes in short. */
export interface FileDigest {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
  /** The first bytes, 4,096 or all there are: enough to tell what kind of file it is. */
  readonly head: Buffer;
}

const headBytes = 4096;
const chunkBytes = 256 * 1024;

/** Size, SHA-256 and first bytes of a file, read in pieces. Throws `not-found` when it cannot be read. */
export async function digestFile(path: string): Promise<FileDigest> {
  try {
    const handle = await open(path);
    try {
      return await digest(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new Failure("not-found", "There is no such file, or it cannot be read.", { cause: error });
  }
}

async function digest(handle: FileHandle): Promise<FileDigest> {
  const { size } = await handle.stat();
  const chunk = Buffer.allocUnsafe(Math.max(headBytes, Math.min(size, chunkBytes)));
  const hash = createHash("sha256");
  let head = Buffer.alloc(0);
  for (let bytes = 0; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, bytes);
    if (bytesRead === 0) return { sha256: hash.digest("hex"), bytes, head };
    const read = chunk.subarray(0, bytesRead);
    hash.update(read);
    if (bytes === 0) head = Buffer.from(read.subarray(0, headBytes));
    bytes += bytesRead;
  }
}
