import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./folder-failure.ts";

const chunkBytes = 2 ** 20;

/** Size and SHA-256 (64 hexadecimal digits) of a file's bytes. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads an open file from its beginning and digests it. A file of the expected size is read at once, up to what a chunk holds. */
async function digest(handle: FileHandle, { bytesExpected, signal }: SealOptions): Promise<Digest> {
  const hash = createHash("sha256");
  // One byte more than there should be: a read that does not fill it has met the end.
  const chunk = Buffer.allocUnsafe(Math.min(bytesExpected + 1, chunkBytes));
  for (let bytes = 0; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, bytes);
    hash.update(chunk.subarray(0, bytesRead));
    bytes += bytesRead;
    if (bytesRead < chunk.length) return { bytes, sha256: hash.digest("hex") };
  }
}

interface SealOptions {
  readonly bytesExpected: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a file's bytes durable, readable by its owner alone and dated now, and answers what they digest to.
 * The date matters: whoever looks for objects that nothing refers to spares young ones.
 */
export async function sealFile(path: string, options: SealOptions): Promise<Digest> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const answer = await digest(handle, options);
    const now = new Date();
    await handle.utimes(now, now);
    await handle.chmod(0o600);
    await handle.sync();
    return answer;
  } finally {
    await handle.close();
  }
}

/** Writes bytes to a new file, readable by its owner alone, durable once answered. */
export async function writeSealed(path: string, content: Uint8Array, signal?: AbortSignal): Promise<Digest> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(content, signal === undefined ? {} : { signal });
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}

/** Removes a file, if it is there. In one call: `rm` looks at it first, on the event loop. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** Makes the names in a folder durable; a folder that has gone has no names to keep. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes the names in every folder from `from` up to `root` durable. Also those that were there before: another writer may have made them
 * and not yet come this far. `sync` is what is done to each, in no order.
 */
export async function syncFoldersUp(from: string, root: string, sync = syncFolder): Promise<void> {
  const syncs: Promise<void>[] = [];
  for (let folder = from; ; folder = dirname(folder)) {
    syncs.push(sync(folder));
    if (folder === root) break;
  }
  await Promise.all(syncs);
}

/** Makes a folder and those above it, each readable by its owner alone; the topmost made one is named durably in its parent. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  await syncFoldersUp(dirname(path), dirname(first));
}
