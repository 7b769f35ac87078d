import { mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const inMemory = "/dev/shm";
/** What three test files at once write is a tenth of it. */
const roomBytesMin = 4 * 2 ** 30;

/**
 * A folder for a database and what else need not outlive the machine, of this process; those of test runs that were killed are removed on the way.
 * In memory where there is much room for it, unless TMPDIR says otherwise: to make and remove the files of thousands of small
 * databases on a disk took half of the system's part of the suite's time.
 */
export function scratchFolder(prefix: "utsuru-server" | "utsuru-data"): string {
  const place = hasRoom(inMemory) && process.env.TMPDIR === undefined ? inMemory : tmpdir();
  for (const name of readdirSync(place)) {
    const pid = name.startsWith(`${prefix}-`) ? Number.parseInt(name.slice(prefix.length + 1), 10) : Number.NaN;
    // Its PostgreSQL may still be ending, and another test run be at the same.
    if (pid > 0 && !isAlive(pid)) rmSync(join(place, name), { recursive: true, force: true, maxRetries: 10 });
  }
  return mkdtempSync(join(place, `${prefix}-${process.pid}-`));
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= roomBytesMin;
  } catch {
    return false; // there is no such folder here
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
