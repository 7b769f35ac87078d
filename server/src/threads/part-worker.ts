import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { LocalFeatures } from "@utsuru/core/local-features";
import pLimit from "p-limit";
import { Failure } from "../errors.ts";
import type { PartIndex, PartMatch, PartQuery } from "../search/part-index.ts";
import { FollowingThread, type ThreadPorts } from "./following-thread.ts";
import type { PartsFound, PartThreadData, ToPartThread } from "./part-messages.ts";

/** An index of parts that follows the database until it is closed. */
export interface OpenPartIndex extends PartIndex {
  close(): Promise<void>;
}

/** The program of the thread: TypeScript in the repository, JavaScript once packed. */
const threadProgram = new URL(`part-thread${extname(import.meta.url)}`, import.meta.url);

/** So many searches may wait for the thread, some seconds of work; more are refused at once. */
const waitingMax = 64;

/** Opens the index of parts in a thread of its own, and answers when it holds what the database does. `program`: what the thread runs; another in tests. */
export async function openPartIndex(
  ports: ThreadPorts,
  data: PartThreadData,
  { program = threadProgram }: { readonly program?: URL } = {},
): Promise<OpenPartIndex> {
  const worker = new PartWorker(ports, () => new Worker(program, { workerData: data }));
  await worker.ready;
  return worker;
}

/** The thread and whoever waits for it. A thread that dies is followed by another, which reads all images anew. */
class PartWorker implements OpenPartIndex {
  readonly isServing = true;
  readonly #thread: FollowingThread<ToPartThread, PartsFound>;
  readonly #oneByOne = pLimit(1);
  #asked: PromiseWithResolvers<readonly PartMatch[]> | undefined;

  constructor(ports: ThreadPorts, start: () => Worker) {
    this.#thread = new FollowingThread(ports, {
      name: "The index of parts",
      whileReading: "The index of parts is read anew from the database; stages=global searches without it.",
      start,
      onAnswer: ({ matches }) => this.#asked?.resolve(matches),
      onEnd: (failure) => this.#asked?.reject(failure),
    });
  }

  get ready(): Promise<void> {
    return this.#thread.ready;
  }

  add(entry: Parameters<PartIndex["add"]>[0]): void {
    this.#thread.tell({ kind: "add", entry });
  }

  remove(imageId: string): void {
    this.#thread.tell({ kind: "remove", imageId });
  }

  async find(query: LocalFeatures, { viewer, candidatesMax, signal }: PartQuery): Promise<PartMatch[]> {
    if (this.#oneByOne.pendingCount >= waitingMax) throw tooMany();
    return this.#oneByOne(async () => {
      signal.throwIfAborted();
      const { failure } = this.#thread;
      if (failure) throw failure;
      this.#asked = Promise.withResolvers();
      this.#thread.tell({ kind: "find", query, viewer: viewer.audience, candidatesMax });
      return [...(await this.#asked.promise)];
    });
  }

  lagMs(): number {
    return this.#thread.lagMs();
  }

  check(): void {
    this.#thread.check();
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

function tooMany(): Failure {
  const detail = "Too many searches look for parts of pictures; try again shortly, or with stages=global.";
  return new Failure("overloaded", detail, { retryAfterS: 2 });
}
