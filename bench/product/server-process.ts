import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../server/src/main.ts", import.meta.url));
const readyTimeoutMs = 600_000;
const stopTimeoutMs = 60_000;

/** A server as people run it: its own process, the embedded database, a free port. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to its ready line. */
  readonly readyMs: number;
  /** What it wrote to standard error so far. */
  log(): string;
  /** Lets it drain; throws unless it ends with 0. */
  stop(): Promise<void>;
}

/** Starts a server on a data folder, with settings over the standard ones. Throws with its standard error when it ends before it is ready. */
export async function startServer(
  dataFolder: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const start = performance.now();
  const settings = { UTSURU_PORT: "0", UTSURU_DATA: dataFolder, UTSURU_CREDENTIAL_TRIES: "100000", ...more };
  const child = spawn(process.execPath, [program, "serve"], {
    env: { ...environmentWithoutSettings(), ...settings },
    cwd: dataFolder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const url = await readyUrl(child);
  if (!url || child.pid === undefined) throw new Error(`the server ended before it was ready:\n${log}`);
  return {
    url,
    pid: child.pid,
    readyMs: performance.now() - start,
    log: () => log,
    stop: () => stop(child, () => log),
  };
}

function environmentWithoutSettings(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith("UTSURU_") ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

async function readyUrl(child: ChildProcess): Promise<string | undefined> {
  if (!child.stdout) throw new Error("the server's standard output is not piped");
  const timer = setTimeout(() => child.kill("SIGKILL"), readyTimeoutMs);
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url) return url;
    }
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function stop(child: ChildProcess, log: () => string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit", { signal: AbortSignal.timeout(stopTimeoutMs) });
    child.kill("SIGTERM");
    await ended;
  }
  if (child.exitCode !== 0) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}:\n${log()}`);
}
