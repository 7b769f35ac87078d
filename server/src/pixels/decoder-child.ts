import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority, setPriority } from "node:os";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Answer, Job, Message } from "./messages.ts";

/** How a job ended that was given to a process: answered, or lost with the process. */
export type Outcome =
  | { readonly kind: "answered"; readonly answer: Answer; readonly rssBytes: number }
  | { readonly kind: "lost"; readonly why: "timeout" | "death" };

/** How to start a decoding process. */
export interface ChildOptions {
  /** What the process may allocate beyond what Node reserves for itself. */
  readonly memoryMaxBytes: number;
  /** The program it runs, for tests that need one which misbehaves. */
  readonly program: string;
  /** Whether everything else on the machine goes first. */
  readonly isYielding: boolean;
}

/** The program of a decoding process: TypeScript in the repository, JavaScript once packed. */
export const decoderProgram: string = fileURLToPath(
  new URL(`decoder-process${extname(import.meta.url)}`, import.meta.url),
);

/** Writable memory that Node 24 maps before any work: 512 MiB of it is the room for V8's machine code, most of it never touched. */
const reservedBytes = 600 * 2 ** 20;

const startTimeoutMs = 10_000;

/** Of 20 on POSIX: a search beside an import took 52 ms (median) at 10, 71 at 5, 76 at 0. */
const niceness = 5;

/**
 * Sets the limits that a process cannot set for itself, then becomes Node. RLIMIT_DATA (`ulimit -d`) counts what was made
 * writable, so it bounds real use; RLIMIT_AS would count V8's address space, which differs between machines by gigabytes.
 * A process that is short of memory is the first the kernel should end, and it leaves no core file.
 */
const limitScript = `ulimit -c 0; ulimit -d "$1" || exit 77; echo 1000 > /proc/self/oom_score_adj; shift; exec "$@"`;

/** A process that decodes one picture at a time and may die of it. */
export class DecoderChild {
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #jobs = 0;
  #settle: ((outcome: Outcome) => void) | undefined;

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", () => resolve());
      // A program that cannot be started at all gives an error and no exit.
      child.once("error", () => child.pid === undefined && resolve());
    });
    child.on("message", (message: Message) => {
      if (message.kind === "answer") this.#end({ ...message, kind: "answered" });
    });
    child.once("exit", () => this.#end({ kind: "lost", why: "death" }));
    // Writing to a process that has just died fails here; its exit tells the rest.
    child.on("error", () => child.kill("SIGKILL"));
  }

  /** Starts a process and waits until it can work; without limits where the machine cannot set them. */
  static async start(options: ChildOptions, signal: AbortSignal): Promise<DecoderChild> {
    const limited = await DecoderChild.#launch(spawnLimited(options), signal);
    const child = limited ?? (await DecoderChild.#launch(spawnUnlimited(options), signal));
    if (child === undefined) throw new Error("a decoding process ended before it could work");
    if (options.isYielding) lowerPriority(child.#process);
    return child;
  }

  /** The process once it said that it is ready; `undefined` when it ended first. */
  static async #launch(child: ChildProcess | undefined, signal: AbortSignal): Promise<DecoderChild | undefined> {
    if (child === undefined) return undefined;
    const launched = new DecoderChild(child);
    const waiting = new AbortController();
    const limit = AbortSignal.any([signal, waiting.signal, AbortSignal.timeout(startTimeoutMs)]);
    try {
      const isReady = once(child, "message", { signal: limit }).then(() => true);
      return (await Promise.race([isReady, launched.#exited.then(() => false)])) ? launched : undefined;
    } catch (error) {
      await launched.kill();
      if (signal.aborted) throw error;
      return undefined;
    } finally {
      waiting.abort();
    }
  }

  /** Jobs that were given to it so far. */
  get jobs(): number {
    return this.#jobs;
  }

  /** Whether the process can take a job. */
  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null && this.#process.connected;
  }

  /** Gives the process a job and its time, which runs from now; a process that needs longer is killed. */
  async run(job: Job, timeoutMs: number): Promise<Outcome> {
    if (this.#settle !== undefined) throw new Error("a decoding process takes one job at a time");
    this.#jobs++;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
    });
    if (!this.isAlive) this.#end({ kind: "lost", why: "death" });
    else this.#process.send(job);
    const timer = setTimeout(() => {
      this.#end({ kind: "lost", why: "timeout" });
      this.#process.kill("SIGKILL");
    }, timeoutMs);
    try {
      return await outcome;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  #end(outcome: Outcome): void {
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}

function spawnLimited({ memoryMaxBytes, program }: ChildOptions): ChildProcess | undefined {
  if (process.platform !== "linux") return undefined;
  const kibibytes = Math.ceil((reservedBytes + memoryMaxBytes) / 1024);
  const args = ["-c", limitScript, "sh", String(kibibytes), process.execPath, ...nodeArguments(program)];
  return spawn("/bin/sh", args, spawnOptions());
}

function spawnUnlimited({ program }: ChildOptions): ChildProcess {
  return spawn(process.execPath, nodeArguments(program), spawnOptions());
}

/**
 * A third of the processor time that others get who want it. Only once a process can work, since one that starts on a busy machine would take too
 * long; the threads that decode inherit it, as they start with the first picture. A process that has just ended has none.
 */
function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, Math.max(getPriority(), niceness));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_SYSTEM_ERROR")) throw error;
  }
}

/**
 * The heap holds little: pictures live outside it, but count towards the size at which V8 looks for garbage, which took a tenth of the time until
 * that size was raised. One helper thread for V8 is enough.
 */
function nodeArguments(program: string): string[] {
  return ["--max-old-space-size=128", "--initial-old-space-size=64", "--v8-pool-size=1", program];
}

/** The server's own settings and secrets are no business of a process that reads hostile files; Node's cache of compiled code, where it has one, halves its start. */
function spawnOptions(): SpawnOptions & { serialization: "advanced" } {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
    env: { PATH, TMPDIR, NODE_COMPILE_CACHE, MALLOC_ARENA_MAX: "2", UV_THREADPOOL_SIZE: "2" },
  };
}
