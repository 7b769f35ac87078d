import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "../errors.ts";

/**
 * Makes the folder ours until `release` or the end of the process, however it ends. Throws `StartError` when another process has it.
 *
 * The lock is SQLite's on the file `lock`: the kernel frees it with the process, kill -9 included, so there is never a stale one
 * to clear by hand, as there is with a file that holds a process id. Node has no flock(2) of its own.
 */
export function lockFolder(folder: string): { release(): void } {
  const path = join(folder, "lock");
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    file.exec("begin exclusive");
  } catch (cause) {
    file.close();
    if (!isBusy(cause)) throw cause;
    throw new StartError(`Another Utsuru works on ${folder}: stop it first, or give this one a folder of its own.`, {
      cause,
    });
  }
  return { release: () => file.isOpen && file.close() };
}

/** SQLITE_BUSY (https://sqlite.org/rescode.html#busy), with or without its extended part. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}
