import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { atEnd, type Ending } from "./at-end.ts";
import { testDatabase } from "./database.ts";
import { putReadyCluster } from "./ready-cluster.ts";
import { scratchFolder } from "./scratch-folder.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const cheapPasswords = new URL("cheap-passwords.ts", import.meta.url).href;
/** A start takes 2.7 s of CPU, of which a machine with load 20 and more did not give it as much in a minute. */
const startTimeoutMs = 180_000;
/** One that is told to end lets what is under way end first; one that hangs would have the test file hang. */
const stopTimeoutMs = 120_000;

/** The program as its own process, as people run it. */
export interface TestProgram {
  readonly process: ChildProcess;
  /** What it wrote to standard error so far. */
  log(): string;
  /** Ends it by a signal and waits; returns its exit code, null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A server. */
export interface TestServer extends TestProgram {
  readonly url: string;
}

/** How a test server is run. */
export interface ServerOptions {
  /** Settings over the test's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A data folder that outlives this server; by default one of its own that is removed after the test. */
  readonly data?: string;
  /** The embedded database instead of a database of the test cluster, by default on a copy of a cluster that was made before. */
  readonly embedded?: boolean;
  /** Whether the server makes the embedded database itself, as on its first start. */
  readonly isFirstStart?: boolean;
  /** Whether passwords are hashed at the product's cost, as tests of just that want it. */
  readonly hasCostlyPasswords?: boolean;
}

/** Starts a server on a free port with a data folder and a database of its own; it is gone after the test. */
export async function startServer(t: Ending, options: ServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await dataFolder(t));
  const database: Record<string, string> = options.embedded ? {} : { UTSURU_DATABASE_URL: (await testDatabase(t)).url };
  const environment: Record<string, string> = {
    ...cleanEnvironment(),
    UTSURU_PORT: "0",
    UTSURU_DATA: data,
    UTSURU_CREDENTIAL_TRIES: "100000",
    // Beside the one for searches; each takes half a second to start.
    UTSURU_DECODERS: "1",
    ...database,
    ...options.environment,
  };
  if (environment.UTSURU_DATABASE_URL === undefined && !options.isFirstStart) await makeDatabaseReady(data);
  const preloads = options.hasCostlyPasswords ? [] : [`--import=${cheapPasswords}`];
  const running = run(t, { role: "serve", environment, folder: data, preloads });
  const url = /http:\/\/\S+/.exec(await running.ready)?.[0];
  if (!url) throw new Error(`the server's ready line has no URL:\n${running.log()}`);
  return { ...running, url };
}

/** Unless the data folder has a database. */
async function makeDatabaseReady(data: string): Promise<void> {
  const folder = join(data, "database");
  if (existsSync(folder)) return;
  await mkdir(folder, { mode: 0o711, recursive: true });
  await putReadyCluster(folder);
}

/** Starts a program that only does tasks of the queue; `environment` names the database and the bucket it shares. */
export async function startWorker(t: Ending, environment: Readonly<Record<string, string>>): Promise<TestProgram> {
  const folder = await dataFolder(t);
  const running = run(t, {
    role: "work",
    environment: { ...cleanEnvironment(), UTSURU_DATA: folder, ...environment },
    folder,
  });
  await running.ready;
  return running;
}

/** Runs the program in a role; it is gone after the test. */
function run(
  t: Ending,
  what: {
    role: "serve" | "work";
    environment: Readonly<Record<string, string>>;
    folder: string;
    preloads?: readonly string[];
  },
): TestProgram & { readonly ready: Promise<string> } {
  const child = spawn(process.execPath, [...(what.preloads ?? []), program, what.role], {
    env: what.environment,
    stdio: ["ignore", "pipe", "pipe"],
    cwd: what.folder,
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill(signal);
      let hangs = false;
      const timer = setTimeout(() => {
        hangs = child.kill("SIGKILL");
      }, stopTimeoutMs);
      await ended;
      clearTimeout(timer);
      if (hangs) throw new Error(`the server did not end in ${stopTimeoutMs / 1000} s:\n${log}`);
    }
    return child.exitCode;
  };
  atEnd(t, () => stop());
  return { process: child, log: () => log, stop, ready: readyLine(child, () => log) };
}

/** One server for all tests of a file that need none of their own: they use other people and other pictures. */
export function sharedServer(options: Pick<ServerOptions, "hasCostlyPasswords"> = {}): () => Promise<TestServer> {
  let server: Promise<TestServer> | undefined;
  const file: Ending = { after };
  // The runner's hook is taken now, on the root suite: within a test it would be that test's.
  atEnd(file, () => {});
  return () => {
    server ??= startShared(file, options);
    return server;
  };
}

async function startShared(file: Ending, options: ServerOptions): Promise<TestServer> {
  // The test cluster ends with the file, before this server may: its database needs no dropping.
  const { url } = await testDatabase({ after: () => {} });
  return startServer(file, { ...options, environment: { UTSURU_DATABASE_URL: url }, embedded: true });
}

/** A folder that is removed after the test. */
export async function dataFolder(t: Ending): Promise<string> {
  const folder = scratchFolder("utsuru-data");
  atEnd(t, () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The environment without settings of whoever runs the tests. */
export function cleanEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith("UTSURU_") ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

/** The line that the program writes when it is ready. Throws with its standard error when it ends before. */
async function readyLine(child: ChildProcess, log: () => string): Promise<string> {
  if (!child.stdout) throw new Error("the server's standard output is not piped");
  const lines = createInterface({ input: child.stdout });
  let end = "ended before it was ready";
  const timer = setTimeout(() => {
    end = `was not ready in ${startTimeoutMs / 1000} s, of which it had ${cpuSeconds(child)} s of CPU`;
    child.kill("SIGKILL");
  }, startTimeoutMs);
  try {
    for await (const line of lines) if (line.startsWith("Utsuru is ")) return line;
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`the server ${end}:\n${log()}`);
}

/** What tells a start that hangs from one that gets no CPU: utime and stime of proc(5), in hundredths of a second. */
function cpuSeconds({ pid }: ChildProcess): number {
  if (!existsSync("/proc/self/stat")) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
