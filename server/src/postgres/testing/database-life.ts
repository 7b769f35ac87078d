import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readlink } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A process with an embedded database of its own, which inserts rows until it is killed. */
export interface Life {
  /** The numbers that were stored when it started. */
  readonly stored: ReadonlySet<number>;
  /** Kills the process with SIGKILL; returns the numbers whose insertion was acknowledged before. */
  end(): Promise<number[]>;
}

/** How the process is run. */
export interface LifeOptions {
  /** The first number it inserts. */
  readonly first?: number;
  /** A command that goes before Node's. */
  readonly prefix?: readonly string[];
  /** Node's program. Default: the one that runs the tests. */
  readonly node?: string;
  /** The folder of the repository whose code it runs. */
  readonly repository?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const ourRepository = fileURLToPath(new URL("../../../../", import.meta.url));

/** Starts a process with an embedded database in the directory; fails with what it wrote to standard error when it ends instead. */
export async function startLife(directory: string, options: LifeOptions = {}): Promise<Life> {
  const { lines, child, errors } = spawnLife(directory, options);
  const firstLine = await lines.next();
  assert.ok(!firstLine.done, errors.join(""));
  return {
    stored: new Set(JSON.parse(firstLine.value) as number[]),
    end: async () => {
      child.kill("SIGKILL");
      const numbers: number[] = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) numbers.push(Number(line.value));
      await ended(child);
      return numbers;
    },
  };
}

/** Starts the same and kills it after a while, ready or not. */
export async function startAndKill(directory: string, afterMs: number): Promise<void> {
  const { child } = spawnLife(directory, {});
  const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
  await ended(child);
  clearTimeout(timer);
}

function spawnLife(directory: string, options: LifeOptions) {
  const { first = 0, prefix = [], node = process.execPath, repository = ourRepository, environment = {} } = options;
  const program = `${repository}/server/src/postgres/testing/insert-until-killed.ts`;
  const [file = "", ...args] = [...prefix, node, program, directory, `${first}`];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
  const errors: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  return { child, errors, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once("exit", resolve));
}

/** Ids of processes that work in a folder below the directory; only Linux tells. */
export async function processesBelow(directory: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_, i) => folders[i]?.startsWith(directory)).map(Number);
}
