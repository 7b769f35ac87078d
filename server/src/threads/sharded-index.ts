import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { CodeSpace } from "@utsuru/core/score";
import { Failure } from "../errors.ts";
import type { CodeNeighbour, IndexEntry, Viewer } from "../ports.ts";
import { candidatesMax, nearestImages } from "../search/nearest-images.ts";
import { entryOf, type SearchIndex } from "../search/search-index.ts";
import { shareNumber } from "../search/share.ts";
import { FollowingThread, type ThreadPorts } from "./following-thread.ts";
import type { Answer, Answers, Question, ShardData, ToShard } from "./shard-messages.ts";

/** A search index that follows the database until it is closed. */
export interface OpenShardedIndex extends SearchIndex {
  /** Stops following and writes the last snapshots. */
  close(): Promise<void>;
}

/** Where the shards find the library, and how many they are. */
export interface ShardedData {
  readonly databaseUrl: string;
  /** The path of a snapshot; each shard's has its number behind it. */
  readonly snapshotPath: string;
  readonly shards: number;
}

/** The program of a shard: TypeScript in the repository, JavaScript once packed. */
const shardProgram = new URL(`shard-thread${extname(import.meta.url)}`, import.meta.url);

/** So many questions may wait for a shard, a second of work; more are refused at once. */
const waitingMax = 4096;

/**
 * Opens an index whose images are shared out among threads, and answers when they hold what the database does. A question goes to
 * every shard, after all changes that this server has made: each sees what it was told before. `program`: what the threads run; another in tests.
 */
export async function openShardedIndex(
  ports: ThreadPorts,
  { databaseUrl, snapshotPath, shards: of }: ShardedData,
  { program = shardProgram }: { readonly program?: URL } = {},
): Promise<OpenShardedIndex> {
  const shards = Array.from({ length: of }, (_, number) => {
    const data = { databaseUrl, snapshotPath: `${snapshotPath}-${number + 1}-of-${of}`, share: { number, of } };
    return new Shard(ports, data, program);
  });
  await Promise.all(shards.map(({ thread }) => thread.ready));
  return indexOver(shards);
}

function indexOver(shards: readonly Shard[]): OpenShardedIndex {
  const threads = shards.map(({ thread }) => thread);
  const shardOf = (imageId: string): Shard => shards[shareNumber(imageId, shards.length)] as Shard;
  const count = async (...audiences: number[]): Promise<number> =>
    (await Promise.all(shards.map((shard) => shard.count(audiences)))).reduce((sum, images) => sum + images, 0);
  return {
    add: (image) => shardOf(image.id).add(entryOf(image)),
    remove: (imageId) => shardOf(imageId).remove(imageId),
    near: (probes, viewer) => nearestImages(probes, (space, codes) => near(shards, { space, codes }, viewer)),
    count: (viewer) => count(0, viewer.audience),
    countPublic: () => count(0),
    lagMs: () => Math.max(...threads.map((thread) => thread.lagMs())),
    check: () => {
      for (const thread of threads) thread.check();
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/** The nearest of all shards: as many as one index would name. */
async function near(
  shards: readonly Shard[],
  { space, codes }: { readonly space: CodeSpace; readonly codes: readonly Uint8Array[] },
  { audience }: Viewer,
): Promise<readonly CodeNeighbour[]> {
  const question = { kind: "near", space, codes: new Uint8Array(Buffer.concat(codes)), viewer: audience } as const;
  const found = (await Promise.all(shards.map((shard) => shard.near(question)))).flat();
  return found.length <= candidatesMax ? found : found.sort((a, b) => a.distance - b.distance).slice(0, candidatesMax);
}

interface Asked {
  readonly question: Question;
  readonly answer: PromiseWithResolvers<Answer>;
}

/** A thread with a share of the images, and whoever waits for its answers. */
class Shard {
  readonly thread: FollowingThread<ToShard, Answers>;
  /** Those sent come first. */
  #asked: Asked[] = [];
  #sent = 0;

  constructor(ports: ThreadPorts, data: ShardData, program: URL) {
    this.thread = new FollowingThread(ports, {
      name: `Shard ${data.share.number + 1} of ${data.share.of} of the index`,
      whileReading: "A part of the index is read anew.",
      start: () => new Worker(program, { workerData: data }),
      onAnswer: ({ answers }) => this.#settle(answers),
      onEnd: (failure) => this.#refuse(failure),
    });
  }

  add(entry: IndexEntry): void {
    this.thread.tell({ kind: "add", entry });
  }

  remove(imageId: string): void {
    this.thread.tell({ kind: "remove", imageId });
  }

  async near(question: Extract<Question, { kind: "near" }>): Promise<readonly CodeNeighbour[]> {
    const answer = await this.#ask(question);
    return typeof answer === "number" ? [] : answer;
  }

  async count(audiences: readonly number[]): Promise<number> {
    const answer = await this.#ask({ kind: "count", audiences });
    return typeof answer === "number" ? answer : 0;
  }

  #ask(question: Question): Promise<Answer> {
    const { failure } = this.thread;
    if (failure) throw failure;
    if (this.#asked.length >= waitingMax)
      throw new Failure("overloaded", "Too many searches wait for the index.", { retryAfterS: 2 });
    // What is asked in one turn of the event loop goes in one message, which costs as much as a short search.
    if (this.#asked.length === this.#sent) setImmediate(() => this.#send());
    const answer = Promise.withResolvers<Answer>();
    this.#asked.push({ question, answer });
    return answer.promise;
  }

  #send(): void {
    const questions = this.#asked.slice(this.#sent).map(({ question }) => question);
    if (questions.length === 0) return;
    this.#sent = this.#asked.length;
    this.thread.tell({ kind: "ask", questions });
  }

  #settle(answers: readonly Answer[]): void {
    const settled = this.#asked.splice(0, answers.length);
    this.#sent -= settled.length;
    for (const [i, { answer }] of settled.entries()) answer.resolve(answers[i] ?? []);
  }

  #refuse(failure: Failure): void {
    const refused = this.#asked.splice(0);
    this.#sent = 0;
    for (const { answer } of refused) answer.reject(failure);
  }
}
