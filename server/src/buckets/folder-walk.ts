import type { Dir } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "./folder-failure.ts";
import { isKey } from "./object-key.ts";

/** An object as a listing names it. */
export interface FoundObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** Files below a root whose path below it begins with the folders and then with `start`; folders that go meanwhile are passed over. */
export async function* walkFolder(
  root: string,
  { folders, start }: { readonly folders: readonly string[]; readonly start: string },
): AsyncGenerator<FoundObject> {
  const folder = await openFolder(join(root, ...folders));
  if (folder === undefined) return;
  for await (const entry of folder) {
    const segments = [...folders, entry.name];
    const key = segments.join("/");
    if (!entry.name.startsWith(start) || !isKey(key)) continue;
    if (entry.isDirectory()) {
      yield* walkFolder(root, { folders: segments, start: "" });
      continue;
    }
    const found = entry.isFile() ? await findObject(root, key) : undefined;
    if (found !== undefined) yield found;
  }
}

async function openFolder(path: string): Promise<Dir | undefined> {
  try {
    return await opendir(path, { bufferSize: 256 });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(error))) return undefined;
    throw error;
  }
}

async function findObject(root: string, key: string): Promise<FoundObject | undefined> {
  try {
    const found = await lstat(join(root, key));
    return { key, bytes: found.size, modifiedAt: found.mtime };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
