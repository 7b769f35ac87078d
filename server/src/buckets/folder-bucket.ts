import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  copyFile,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  rm,
  rmdir,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Failure } from "../errors.ts";
import type { Bucket, ByteRange, StoredObject } from "../ports.ts";
import { clampRange } from "./byte-range.ts";
import {
  type Digest,
  makeFolder,
  removeFile,
  sealFile,
  syncFolder,
  syncFoldersUp,
  writeSealed,
} from "./durable-file.ts";
import { streamPart } from "./file-stream.ts";
import { folderFailure, systemCode, withFolderFailures } from "./folder-failure.ts";
import { type FoundObject, walkFolder } from "./folder-walk.ts";
import { sweepLeftovers, temporaryName } from "./leftovers.ts";
import { splitKey, splitPrefix } from "./object-key.ts";
import { sharedSyncs } from "./shared-syncs.ts";

/** Holds what is being put together inside the root. `~` is in no key, so it never meets an object. */
const incomingName = "~incoming";

/** How often a put makes its folder anew when deletes empty and remove it meanwhile: each lost race needs a delete of its own. */
const racesMax = 100;

/** What a hard link answers when it cannot be made here but a copy inside the root can: another file system, or another owner's file. */
const copyCodes: ReadonlySet<string> = new Set(["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** What looking for an object answers when it is not there; ENOTDIR: a part of the key's path is itself an object. */
const absentCodes: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

interface Place {
  /** Absolute, without `..`. */
  readonly root: string;
  readonly incoming: string;
  /** Makes a folder's names durable. Every put names the root and the folders below it: those under way at once share the call. */
  readonly sync: (folder: string) => Promise<void>;
}

type Body = Parameters<Bucket["put"]>[1];

/**
 * Objects as files of a folder, 0600 under 0700, durable and complete as soon as they have their name: bytes are fsynced first,
 * then hard-linked into place (which never replaces), then every folder above is fsynced.
 * Needs a file system with hard links. Throws `storage-full` and `bucket-unavailable`.
 */
export async function folderBucket(options: { readonly root: string }): Promise<Bucket> {
  const root = resolve(options.root);
  const place = { root, incoming: join(root, incomingName), sync: sharedSyncs(syncFolder) };
  await withFolderFailures(async () => {
    await makeFolder(place.incoming);
    await sweepLeftovers(place.incoming);
  });
  return {
    put: (key, body, { signal }) => withFolderFailures(() => putObject(place, { key, body, signal })),
    get: (key, { range, signal } = {}) => withFolderFailures(() => getObject(place, { key, range, signal })),
    size: (key) => withFolderFailures(() => sizeObject(place, key)),
    delete: (key) => withFolderFailures(() => deleteObject(place, key)),
    list: (prefix) => listObjects(place, prefix),
    check: (signal) => withFolderFailures(() => checkFolder(place, signal)),
  };
}

function pathOf(place: Place, key: string): string {
  return join(place.root, ...splitKey(key));
}

// ── put ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function putObject(
  place: Place,
  { key, body, signal }: { readonly key: string; readonly body: Body; readonly signal: AbortSignal | undefined },
): Promise<StoredObject> {
  const path = pathOf(place, key);
  signal?.throwIfAborted();
  const given =
    "file" in body
      ? await placeFile(place, { ...body, path, signal })
      : await placeContent(place, { ...body, path, signal });
  await syncFoldersUp(dirname(path), place.root, place.sync);
  return { key, ...given };
}

/** Links the staged file itself, or a copy of it when it cannot be linked. */
async function placeFile(
  place: Place,
  {
    file,
    path,
    signal,
  }: {
    readonly file: Digest & { readonly path: string };
    readonly path: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<Digest> {
  const given = await sealAsExpected(file.path, { expected: file, signal });
  try {
    await linkInto(place, { from: file.path, path, given });
  } catch (error) {
    if (!copyCodes.has(systemCode(error))) throw error;
    await placeTemporary(place, {
      path,
      fill: async (temporary) => {
        await copyFile(file.path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        return sealAsExpected(temporary, { expected: file, signal });
      },
    });
  }
  return given;
}

function placeContent(
  place: Place,
  {
    content,
    path,
    signal,
  }: { readonly content: Uint8Array; readonly path: string; readonly signal: AbortSignal | undefined },
): Promise<Digest> {
  return placeTemporary(place, {
    path,
    fill: (temporary) => writeSealed(temporary, content, signal),
  });
}

/** Fills a temporary file in the root, links it into place and removes it, whatever happens. */
async function placeTemporary(
  place: Place,
  { path, fill }: { readonly path: string; readonly fill: (temporary: string) => Promise<Digest> },
): Promise<Digest> {
  const temporary = join(place.incoming, temporaryName());
  try {
    const given = await fill(temporary);
    await linkInto(place, { from: temporary, path, given });
    return given;
  } finally {
    await removeFile(temporary);
  }
}

async function sealAsExpected(
  path: string,
  { expected, signal }: { readonly expected: Digest; readonly signal: AbortSignal | undefined },
): Promise<Digest> {
  const found = await sealFile(path, { bytesExpected: expected.bytes, signal });
  if (found.bytes === expected.bytes && found.sha256 === expected.sha256) return found;
  throw new Error(
    `expected ${expected.bytes} bytes with SHA-256 ${expected.sha256} to store, found ${found.bytes} with ${found.sha256}`,
  );
}

/** Gives sealed bytes their final name; when an object has that name already it must be equal, and is made durable. */
async function linkInto(
  place: Place,
  { from, path, given }: { readonly from: string; readonly path: string; readonly given: Digest },
): Promise<void> {
  for (let race = 0; race < racesMax; race += 1) {
    try {
      await link(from, path);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code === "ENOENT") await makeFoldersUnder(place, dirname(path));
      else if (code !== "EEXIST") throw error;
      else if (await isStored(path, given)) return;
    }
  }
  throw new Failure("overloaded", "The object was deleted again and again while it was stored.", { retryAfterS: 1 });
}

/** Whether an object with these bytes is there, durable; `false` when it has just gone. */
async function isStored(path: string, given: Digest): Promise<boolean> {
  try {
    const stored = await sealFile(path, { bytesExpected: given.bytes });
    if (stored.sha256 === given.sha256) return true;
    throw new Error(
      `expected SHA-256 ${given.sha256} under a name that is taken, found ${stored.sha256}: never replaced`,
    );
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Makes the folders between the root and a folder, but never the root: when that has gone, a disk is missing. */
async function makeFoldersUnder(place: Place, folder: string): Promise<void> {
  if (folder === place.root) {
    await lstat(folder);
    return;
  }
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return;
    if (code !== "ENOENT") throw error;
    await makeFoldersUnder(place, dirname(folder));
    await mkdir(folder, { mode: 0o700 }).catch((again: unknown) => {
      // Made by another put, or its parent removed by a delete: the link is tried again either way.
      if (!["EEXIST", "ENOENT"].includes(systemCode(again))) throw again;
    });
  }
}

// ── get, delete, list ───────────────────────────────────────────────────────────────────────────────────────────────

async function getObject(
  place: Place,
  {
    key,
    range,
    signal,
  }: { readonly key: string; readonly range: ByteRange | undefined; readonly signal: AbortSignal | undefined },
): ReturnType<Bucket["get"]> {
  signal?.throwIfAborted();
  const handle = await openObject(place, key);
  if (handle === undefined) return undefined;
  try {
    const found = await handle.stat();
    if (found.isFile()) {
      const part = clampRange(range, found.size);
      return { bytes: part.count, stream: streamPart(handle, part, signal) };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

async function openObject(place: Place, key: string): Promise<FileHandle | undefined> {
  try {
    return await open(pathOf(place, key), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (!absentCodes.has(systemCode(error))) throw error;
    await mustBeThere(place);
    return undefined;
  }
}

async function sizeObject(place: Place, key: string): Promise<number | undefined> {
  try {
    const found = await lstat(pathOf(place, key));
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (!absentCodes.has(systemCode(error))) throw error;
    await mustBeThere(place);
    return undefined;
  }
}

/** Throws ENOENT when the root, or the file system that should be mounted there, has gone: then nothing may be called absent. */
async function mustBeThere(place: Place): Promise<void> {
  await lstat(place.incoming);
}

async function deleteObject(place: Place, key: string): Promise<void> {
  const path = pathOf(place, key);
  try {
    await unlink(path);
  } catch (error) {
    const code = systemCode(error);
    const isFolder = (code === "EISDIR" || code === "EPERM") && (await lstat(path)).isDirectory();
    if (!isFolder && !absentCodes.has(code)) throw error;
    await mustBeThere(place);
  }
  // Also when it was gone: who removed it may not have come this far, and the answer must outlive a power cut.
  await syncFoldersUp(dirname(path), place.root, place.sync);
  await pruneFolders(place, dirname(path));
}

/** Removes a folder and those above it as long as they are empty; rmdir refuses the others, so a put that comes between loses nothing. */
async function pruneFolders(place: Place, from: string): Promise<void> {
  for (let folder = from; folder !== place.root; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch (error) {
      const code = systemCode(error);
      if (code === "ENOENT") continue;
      if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "EBUSY"].includes(code)) return;
      throw error;
    }
  }
}

async function* listObjects(place: Place, prefix: string): AsyncGenerator<FoundObject> {
  const { folders, start } = splitPrefix(prefix);
  try {
    await mustBeThere(place);
    yield* walkFolder(place.root, { folders, start });
  } catch (error) {
    // The consumer's own errors never come here: a `throw` in its loop ends the generator by `return`.
    throw folderFailure(error);
  }
}

// ── check ───────────────────────────────────────────────────────────────────────────────────────────────────────────

async function checkFolder(place: Place, signal: AbortSignal): Promise<void> {
  const probe = join(place.incoming, temporaryName());
  const text = randomUUID();
  try {
    await writeFile(probe, text, { flag: "wx", mode: 0o600, signal, flush: true });
    const read = await readFile(probe, { encoding: "utf8", signal });
    if (read !== text) throw new Failure("bucket-unavailable", "The image store does not give back what it was given.");
  } finally {
    await rm(probe, { force: true });
  }
}
