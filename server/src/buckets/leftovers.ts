import { randomUUID } from "node:crypto";
import { opendir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { systemCode } from "./folder-failure.ts";

/** A put ends within minutes: what another machine left and is older than this is no longer wanted. */
const ageMsMax = 60 * 60 * 1000;

/** Tells this process from an earlier one that had the same process id, as every first process of a container has. */
const run = randomUUID();
const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, "-");

/** A name for a temporary file that says who made it: host, process, run, and a random part. */
export function temporaryName(): string {
  return `${host}.${process.pid}.${run}.${randomUUID()}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** Whether the process that made the file is known to have ended. */
function makerHasEnded(name: string): boolean {
  const [nameHost, pid, nameRun] = name.split(".");
  if (nameHost !== host || nameRun === undefined || nameRun === run) return false;
  return Number(pid) === process.pid || !isRunning(Number(pid));
}

/** Removes the temporary files in a folder whose maker has ended, and any that is older than an hour; answers how many went. */
export async function sweepLeftovers(folder: string): Promise<number> {
  let swept = 0;
  for await (const entry of await opendir(folder)) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    if (!makerHasEnded(entry.name) && !(await isOld(path))) continue;
    await rm(path, { force: true });
    swept += 1;
  }
  return swept;
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  return found !== undefined && Date.now() - found.mtimeMs > ageMsMax;
}
