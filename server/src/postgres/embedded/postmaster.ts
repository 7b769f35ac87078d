import type { ChildProcess } from "node:child_process";
import { open, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { StartError } from "../../errors.ts";
import type { Places } from "./cluster.ts";
import type { Launcher } from "./launcher.ts";
import { endLeftovers } from "./leftovers.ts";
import type { Settings } from "./settings.ts";

/** Recovery after a crash reads at most what `max_wal_size` leaves, seconds on a slow disk. */
const readyTimeoutMs = 120_000;
const pollMs = 20;
const logBytesMax = 4 * 1024 * 1024;

/** How the running server is asked to end, ever less politely, and how long each is given. */
const requests = [
  { signal: "SIGINT", waitMs: 30_000 },
  { signal: "SIGQUIT", waitMs: 10_000 },
  { signal: "SIGKILL", waitMs: 10_000 },
] as const;

/** A PostgreSQL server that we started. */
export interface Postmaster {
  /** Resolves when the process has ended, whatever the reason. */
  readonly exited: Promise<void>;
  /** PostgreSQL's fast shutdown, then harder ones. */
  stop(): Promise<void>;
  /** Asks for the fast shutdown without waiting, for the last moment of our own process. */
  abandon(): void;
}

/** What a postmaster is started with. */
export interface PostmasterPlan {
  readonly program: string;
  readonly launcher: Launcher;
  readonly places: Places;
  readonly settings: Settings;
  /** The URL of its database when it listens on the port. */
  urlAt(port: number): string;
}

/** Starts PostgreSQL on the port and waits until it answers. Throws `StartError` when it ended instead; nothing is left running then. */
export async function startPostmaster(plan: PostmasterPlan, port: number): Promise<Postmaster> {
  await endLeftovers(plan.places.cluster);
  const child = await launch(plan, port);
  const { promise: exited, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve()).once("error", () => resolve());
  const postmaster: Postmaster = {
    exited,
    stop: () => stop(child, exited),
    abandon: () => void child.kill("SIGINT"),
  };
  try {
    await waitUntilReady(plan.urlAt(port), child, plan.places.log);
  } catch (error) {
    await postmaster.stop();
    throw error;
  }
  child.unref(); // whoever forgets to stop us must not hang
  return postmaster;
}

async function launch(plan: PostmasterPlan, port: number): Promise<ChildProcess> {
  const all = { ...plan.settings, port: `${port}` };
  const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  await setLargeLogAside(plan.places.log);
  const log = await open(plan.places.log, "a", 0o600);
  try {
    return plan.launcher.start(plan.program, ["-D", plan.places.cluster, ...args], log.fd);
  } finally {
    await log.close();
  }
}

async function setLargeLogAside(log: string): Promise<void> {
  const size = (await stat(log).catch(() => undefined))?.size ?? 0;
  if (size > logBytesMax) await rename(log, `${log}.old`);
}

async function waitUntilReady(url: string, child: ChildProcess, log: string): Promise<void> {
  const until = Date.now() + readyTimeoutMs;
  for (;;) {
    const problem = await answers(url);
    if (problem === undefined && isRunning(child)) return;
    if (!isRunning(child)) throw new StartError(`The embedded PostgreSQL ended while it started; ${log} says why.`);
    if (Date.now() > until) {
      throw new StartError(`The embedded PostgreSQL did not become ready in ${readyTimeoutMs / 1000} s; see ${log}.`, {
        cause: problem,
      });
    }
    await delay(pollMs);
  }
}

/** `undefined` when the server takes a login, else why not. */
async function answers(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {}); // the connection may break while it is closed
  try {
    await client.connect();
    await client.end();
    return undefined;
  } catch (problem) {
    return problem;
  }
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.ref();
  for (const { signal, waitMs } of requests) {
    if (!isRunning(child)) return;
    child.kill(signal);
    const timer = new AbortController();
    await Promise.race([exited, delay(waitMs, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }
  if (isRunning(child)) throw new Error(`PostgreSQL (process ${child.pid}) does not end.`);
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("A listening TCP server has a port.");
  return address.port;
}
