import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { systemCode } from "./folder-failure.ts";

const chunkBytes = 256 * 1024;

/** Size and SHA-256 (64 hexadecimal digits) of a file's bytes. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

/** Reads an open file from its beginning and digests it. */
async function digest(handle: FileHandle, signal: AbortSignal | undefined): Promise<Digest> {
  const hash = createHash("sha256");
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let bytes = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, bytes);
    if (bytesRead === 0) return { bytes, sha256: hash.digest("hex") };
    hash.update(chunk.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}

/**
 * Makes a file's bytes durable, readable by its owner alone and dated now, and answers what they digest to.
 * The date matters: whoever looks for objects that nothing refers to spares young ones.
 */
export async function sealFile(path: string, signal?: AbortSignal): Promise<Digest> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const answer = await digest(handle, signal);
    const now = new Date();
    await handle.utimes(now, now);
    await handle.chmod(0o600);
    await handle.sync();
    return answer;
  } finally {
    await handle.close();
  }
}

/** Makes the names in a folder durable; a folder that has gone has no names to keep. */
async function syncFolder(path: string): Promise<void> {
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

/** Makes the names in every folder from `from` up to `root` durable. Also those that were there before: another writer may have made them and not yet come this far. */
export async function syncFoldersUp(from: string, root: string): Promise<void> {
  for (let folder = from; ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === root) return;
  }
}

/** Makes a folder and those above it, each readable by its owner alone; the topmost made one is named durably in its parent. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  await syncFoldersUp(dirname(path), dirname(first));
}
