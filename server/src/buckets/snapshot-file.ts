import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { SnapshotFile } from "../ports.ts";
import { makeFolder, syncFoldersUp } from "./durable-file.ts";
import { systemCode } from "./folder-failure.ts";

const readBytes = 1024 * 1024;

/** The file of a path: written beside it, made durable, then renamed. One process at a time writes it. */
export function snapshotFile(path: string): SnapshotFile {
  return { read: () => read(path), write: (pieces) => write(path, pieces) };
}

async function* read(path: string): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: readBytes });
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

async function write(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  await makeFolder(folder);
  const aside = `${path}.new`; // one name, so that a crash leaves one at most, which the next writing replaces
  try {
    await writeThrough(aside, pieces);
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  await syncFoldersUp(folder, folder);
}

async function writeThrough(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(path, "w", 0o600);
  try {
    for (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
