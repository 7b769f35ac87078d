import { execFile } from "node:child_process";
import { readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { StartError } from "../../errors.ts";

const run = promisify(execFile);
const pollMs = 25;

/** How PostgreSQL is asked to end, ever less politely, and how long each is given. A kill -9 is safe too: the next start recovers. */
const requests = [
  { signal: "SIGINT", waitMs: 10_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
  { signal: "SIGKILL", waitMs: 5_000 },
] as const;

/**
 * Ends what an earlier server that was killed left running on the cluster, and clears a pid file whose number
 * now belongs to some other process. The caller holds the folder's lock, so nobody else uses the cluster.
 */
export async function endLeftovers(cluster: string): Promise<void> {
  for (const { signal, waitMs } of requests) {
    const until = Date.now() + waitMs;
    let pids = await processesOf(cluster);
    for (const pid of pids) send(pid, signal);
    while (pids.length > 0 && Date.now() < until) {
      await delay(pollMs);
      pids = await processesOf(cluster);
    }
    if (pids.length === 0) return removeForeignPidFile(cluster);
  }
  throw new StartError(
    `A PostgreSQL process still works on ${cluster} and cannot be stopped; stop it, then try again.`,
  );
}

/** Ids of the PostgreSQL processes that work in the folder. */
async function processesOf(cluster: string): Promise<number[]> {
  const path = await realpath(cluster).catch(() => undefined); // no cluster yet
  if (path === undefined) return [];
  if (process.platform !== "linux") return postmasterByPs(path);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => (await worksIn(pid, path)) && Number(pid)));
  return found.filter((pid) => pid !== false);
}

/** Every PostgreSQL process has its data folder as its working directory. A process that went meanwhile, or is not ours to see, is none. */
async function worksIn(pid: string, cluster: string): Promise<boolean> {
  try {
    if ((await readFile(`/proc/${pid}/comm`, "utf8")).trim() !== "postgres") return false;
    return (await readlink(`/proc/${pid}/cwd`)) === cluster;
  } catch {
    return false;
  }
}

/** Without /proc: the process of the pid file, if ps says that it is PostgreSQL on this folder. */
async function postmasterByPs(cluster: string): Promise<number[]> {
  const pid = await pidInFile(cluster);
  if (pid === undefined) return [];
  try {
    const { stdout } = await run("ps", ["-o", "command=", "-p", `${pid}`]);
    const [program = ""] = stdout.split(" ", 1);
    return basename(program) === "postgres" && stdout.includes(cluster) ? [pid] : [];
  } catch {
    return []; // ps ends with 1 when there is no such process
  }
}

/**
 * PostgreSQL refuses to start when any process it could signal has the number of its pid file, as happens in
 * containers, where numbers start over. Nothing works in the folder at this point, so the file is stale.
 */
async function removeForeignPidFile(cluster: string): Promise<void> {
  const pid = await pidInFile(cluster);
  if (pid !== undefined && isAlive(pid)) await rm(join(cluster, "postmaster.pid"), { force: true });
}

async function pidInFile(cluster: string): Promise<number | undefined> {
  const text = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error; // ESRCH: it ended meanwhile
  }
}
