import { opendir } from "node:fs/promises";
import { join } from "node:path";

/** What a walk of a folder met: a file, or a folder that cannot be read. */
export type FolderEntry =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "unreadable"; readonly path: string; readonly cause: unknown };

/** Every file in a folder and the folders in it, one at a time, in no order. Links are not followed, so the walk ends and stays inside. */
export async function* filesIn(folder: string): AsyncGenerator<FolderEntry> {
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    try {
      for await (const entry of await opendir(next)) {
        const path = join(next, entry.name);
        if (entry.isDirectory()) waiting.push(path);
        else if (entry.isFile()) yield { kind: "file", path };
      }
    } catch (cause) {
      yield { kind: "unreadable", path: next, cause };
    }
  }
}
