import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { LocalFeatures } from "@utsuru/core/local-features";
import pLimit from "p-limit";
import { Failure } from "../errors.ts";
import type { Clock } from "../ports.ts";
import { checkFreshness, type Freshness, lagMsOf } from "../search/followed-images.ts";
import type { PartIndex, PartMatch, PartQuery } from "../search/part-index.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";

/** An index of parts that follows the database until it is closed. */
export interface OpenPartIndex extends PartIndex {
  close(): Promise<void>;
}

/** What an index of parts works with; `notice` is told in a sentence what whoever runs the server should know. */
interface PartWorkerPorts {
  readonly clock: Clock;
  readonly notice: (sentence: string) => void;
}

/** The program of the thread: TypeScript in the repository, JavaScript once packed. */
const threadProgram = new URL(`part-thread${extname(import.meta.url)}`, import.meta.url);

/** So many searches may wait for the thread, some seconds of work; more are refused at once. */
const waitingMax = 64;
const restartMs = 1_000;

/** Opens the index of parts in a thread of its own, and answers when it holds what the database does. `program`: what the thread runs; another in tests. */
export async function openPartIndex(
  ports: PartWorkerPorts,
  data: ThreadData,
  { program = threadProgram }: { readonly program?: URL } = {},
): Promise<OpenPartIndex> {
  const worker = new PartWorker(ports, () => new Worker(program, { workerData: data }));
  await worker.ready;
  return worker;
}

/** The thread and whoever waits for it. A thread that dies is followed by another, which reads all images anew. */
class PartWorker implements OpenPartIndex {
  readonly isServing = true;
  readonly #ports: PartWorkerPorts;
  readonly #newThread: () => Worker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #oneByOne = pLimit(1);
  readonly #closing = new AbortController();
  readonly #life: Promise<void>;
  #thread: Worker;
  #freshness: Freshness;
  #asked: PromiseWithResolvers<readonly PartMatch[]> | undefined;

  constructor(ports: PartWorkerPorts, newThread: () => Worker) {
    this.#ports = ports;
    this.#newThread = newThread;
    this.#freshness = unknownSince(ports.clock.now());
    this.#thread = this.#start();
    this.#life = this.#live();
  }

  /** Resolves when for the first time all is held that the database has. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  add(entry: Parameters<PartIndex["add"]>[0]): void {
    this.#tell({ kind: "add", entry });
  }

  remove(imageId: string): void {
    this.#tell({ kind: "remove", imageId });
  }

  async find(query: LocalFeatures, { viewer, candidatesMax, signal }: PartQuery): Promise<PartMatch[]> {
    if (this.#oneByOne.pendingCount >= waitingMax) throw tooMany();
    return this.#oneByOne(async () => {
      signal.throwIfAborted();
      if (!this.#freshness.isComplete) throw isReadAnew();
      this.#asked = Promise.withResolvers();
      this.#tell({ kind: "find", query, viewer: viewer.audience, candidatesMax });
      return [...(await this.#asked.promise)];
    });
  }

  lagMs(): number {
    return lagMsOf(this.#freshness, this.#ports.clock.now());
  }

  check(): void {
    checkFreshness(this.#freshness, this.#ports.clock.now());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#tell({ kind: "close" });
    await this.#life;
  }

  #tell(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  #start(): Worker {
    return this.#newThread().on("message", (message: FromThread) => this.#hear(message));
  }

  async #live(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const [ended] = await Promise.allSettled([once(this.#thread, "exit")]);
      this.#freshness = unknownSince(this.#ports.clock.now());
      this.#asked?.reject(isReadAnew());
      if (this.#closing.signal.aborted) return;
      const reason = ended.status === "rejected" ? `: ${String(ended.reason)}` : "";
      this.#ports.notice(`The index of parts ended and is started anew${reason}`);
      // Closing ends the wait by rejecting it, and then the loop.
      await delay(restartMs, undefined, { signal: this.#closing.signal }).catch(() => {});
      if (!this.#closing.signal.aborted) this.#thread = this.#start();
    }
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#ready.resolve();
        break;
      case "freshness":
        this.#freshness = message.freshness;
        break;
      case "found":
        this.#asked?.resolve(message.matches);
        break;
      case "notice":
        this.#ports.notice(message.sentence);
        break;
      default:
        message satisfies never;
    }
  }
}

function unknownSince(asOf: Date): Freshness {
  return { isComplete: false, isBehind: true, asOf };
}

function tooMany(): Failure {
  const detail = "Too many searches look for parts of pictures; try again shortly, or with stages=global.";
  return new Failure("overloaded", detail, { retryAfterS: 2 });
}

function isReadAnew(): Failure {
  const detail = "The index of parts is read anew from the database; stages=global searches without it.";
  return new Failure("index-unavailable", detail, { retryAfterS: 5 });
}
