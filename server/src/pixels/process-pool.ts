import { Failure } from "../errors.ts";
import { DecoderChild, type Outcome } from "./decoder-child.ts";
import { JobQueue, type Rank } from "./job-queue.ts";
import type { Job, Refusal, Yield } from "./messages.ts";

/** Limits of a pool, each explained at {@link DecoderPoolOptions}. */
export interface ProcessPoolOptions {
  readonly processes: number;
  readonly urgentProcesses: number;
  readonly timeoutMs: number;
  readonly memoryMaxBytes: number;
  readonly queueMax: number;
  readonly jobsMax: number;
  readonly idleMemoryMaxBytes: number;
  readonly program: string;
}

/** Who waits for a picture: someone with a request open, or nobody just now. */
export type Urgency = "request" | "background";

/** What a process works on. Where some take what is urgent alone, the others let them, and the server, have the processor first. */
type Takes = "any" | "urgent";

/** A job and whoever waits for it. */
interface Task {
  readonly job: Job;
  readonly resolve: (yielded: Yield) => void;
  readonly reject: (reason: unknown) => void;
}

/** After a process that could not start, no other is tried for this long; doubled each time. */
const restartDelayMs = { first: 250, last: 10_000 };

/** Runs jobs in a fixed number of processes, each followed by another when it dies, hangs or wears out. */
export class ProcessPool {
  readonly #options: ProcessPoolOptions;
  readonly #queue: JobQueue<Task>;
  readonly #closing = new AbortController();
  readonly #children = new Set<DecoderChild>();
  readonly #lanes: readonly Promise<void>[];
  #restart = { notBefore: 0, delayMs: restartDelayMs.first };

  constructor(options: ProcessPoolOptions) {
    this.#options = options;
    this.#queue = new JobQueue(options.queueMax);
    const { processes, urgentProcesses } = options;
    this.#lanes = [
      ...Array.from({ length: processes }, () => this.#serve("any")),
      ...Array.from({ length: urgentProcesses }, () => this.#serve("urgent")),
    ];
  }

  /** Runs a job; leaves the queue when the signal aborts, or drops the result if the job is being worked on. */
  async run(job: Job, signal: AbortSignal, urgency: Urgency = "request"): Promise<Yield> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Yield>();
    const task = { job, resolve, reject };
    if (!this.#queue.push(task, rankOf(job, urgency))) throw this.#refusal();
    const abandon = () => {
      this.#queue.remove(task);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abandon, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abandon);
    }
  }

  /** Refuses what waits and what is being worked on, and ends every process. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const task of this.#queue.close()) task.reject(this.#refusal());
    await Promise.all([...this.#children].map((child) => child.kill()));
    await Promise.all(this.#lanes);
  }

  /** The life of one place in the pool: a process, its jobs, and the process after it. */
  async #serve(takes: Takes): Promise<void> {
    const next = (): Promise<Task | undefined> => this.#queue.take(takes);
    let child = await this.#start(takes);
    for (let task = await next(); task !== undefined; task = await next()) {
      if (!child?.isAlive) child = await this.#replace(child, takes);
      if (child === undefined) {
        task.reject(this.#refusal());
        continue;
      }
      const outcome = await child.run(task.job, this.#options.timeoutMs);
      this.#settle(task, outcome);
      if (this.#isSpent(child, outcome)) child = await this.#replace(child, takes);
    }
    await this.#end(child);
  }

  #isSpent(child: DecoderChild, outcome: Outcome): boolean {
    if (outcome.kind === "lost") return true;
    return child.jobs >= this.#options.jobsMax || outcome.rssBytes > this.#options.idleMemoryMaxBytes;
  }

  /** A process that can work; `undefined` while none can be started, or once the pool is closing. */
  async #start(takes: Takes): Promise<DecoderChild | undefined> {
    if (this.#closing.signal.aborted || Date.now() < this.#restart.notBefore) return undefined;
    try {
      const isYielding = takes === "any" && this.#options.urgentProcesses > 0;
      const child = await DecoderChild.start({ ...this.#options, isYielding }, this.#closing.signal);
      this.#children.add(child);
      this.#restart = { notBefore: 0, delayMs: restartDelayMs.first };
      return child;
    } catch {
      const { delayMs } = this.#restart;
      this.#restart = { notBefore: Date.now() + delayMs, delayMs: Math.min(2 * delayMs, restartDelayMs.last) };
      return undefined;
    }
  }

  async #replace(child: DecoderChild | undefined, takes: Takes): Promise<DecoderChild | undefined> {
    await this.#end(child);
    return this.#start(takes);
  }

  async #end(child: DecoderChild | undefined): Promise<void> {
    if (child === undefined) return;
    await child.kill();
    this.#children.delete(child);
  }

  #settle(task: Task, outcome: Outcome): void {
    if (this.#closing.signal.aborted) task.reject(this.#refusal());
    else if (outcome.kind === "lost") task.reject(explainLoss(outcome.why));
    else if (outcome.answer.kind === "done") task.resolve(outcome.answer);
    else task.reject(explainAnswer(outcome.answer, task.job.path));
  }

  #refusal(): Failure {
    if (this.#closing.signal.aborted) return new Failure("shutting-down", "The server is shutting down.");
    return new Failure("overloaded", "Too many pictures are waiting to be read; try again shortly.", {
      retryAfterS: 2,
    });
  }
}

/** A picture that is taken in may wait, whoever searches or looks at one does. What nobody waits for comes last. */
function rankOf({ kind }: Job, urgency: Urgency): Rank {
  if (urgency === "background") return "idle";
  return kind === "ingest" || kind === "fingerprint" ? "patient" : "urgent";
}

/** What the caller gets instead of a result. */
function explainAnswer(answer: Refusal, path: string): Error {
  switch (answer.kind) {
    case "failed":
      return new Failure(answer.code, answer.detail);
    case "unreadable":
      return new Error(`the decoder cannot read ${path}: ${answer.code}`);
    case "error":
      return new Error("the decoder met a mistake of its own", { cause: answer.stack });
  }
}

function explainLoss(why: "timeout" | "death"): Failure {
  switch (why) {
    case "timeout":
      return new Failure("image-undecodable", "Reading the picture took longer than is allowed.");
    case "death":
      return new Failure("image-undecodable", "Reading the picture broke the program that reads it.");
  }
}
