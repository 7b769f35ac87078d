import { setTimeout as delay } from "node:timers/promises";
import { type Job, type JobResult, type JobWithMetadata, PgBoss } from "pg-boss";
import { Failure } from "../errors.ts";
import { type Lane, type LaneWork, lanes, type Queue, type Task } from "../ports.ts";
import type { Connection, Database } from "./database.ts";
import { depths } from "./queue/depths.ts";
import { asideName, asideOptions, laneOptions } from "./queue/lane-settings.ts";
import { parseProblem, parseTask, problemOfError } from "./queue/task.ts";

/** How the queue is opened. */
export interface QueueOptions {
  readonly url: string;
  /** How often a task is tried before it is set aside, from this start on. Default: as before, at first 8, which takes over ten minutes. */
  readonly tries?: number;
  /** Told, in a sentence, of what goes wrong beside anyone's call. */
  readonly warn?: (sentence: string) => void;
}

/** A task and how it is known in the queue. */
export interface NewTask {
  readonly id: string;
  readonly task: Task;
  /** On whose behalf, for the bound on their share. */
  readonly ownerId?: string;
}

/** The queue, and what statements of the same database do with it. */
export interface TaskQueue extends Queue {
  /** Puts tasks in as part of the connection's transaction; `wake` when it is committed. */
  enqueue(on: Connection, lane: Lane, tasks: readonly NewTask[]): Promise<void>;
  /** Takes out tasks that are not done yet, as part of the connection's transaction. */
  withdraw(on: Connection, lane: Lane, taskIds: readonly string[]): Promise<void>;
  /** Tells this process's own workers of the lane that there is something to do; others look every half second. */
  wake(lane: Lane): void;
  close(): Promise<void>;
}

const pollS = 0.5;
/** How often someone looks for workers that died. */
const superviseS = 5;
const drainMs = 30_000;

/** Opens the queue of a database, making its schema `pgboss` the first time. */
export async function openQueue(database: Database, options: QueueOptions): Promise<TaskQueue> {
  const boss = new PgBoss({
    connectionString: options.url,
    application_name: "utsuru-queue",
    max: 4,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    superviseIntervalSeconds: superviseS,
    monitorIntervalSeconds: superviseS,
    maintenanceIntervalSeconds: 60,
  });
  boss.on("error", warnSometimes(options.warn ?? (() => {})));
  try {
    await boss.start();
    await makeLanes(boss, options.tries);
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
  return queueOn(boss, database);
}

function queueOn(boss: PgBoss, database: Database): TaskQueue {
  const workers: Record<Lane, Set<string>> = { uploads: new Set(), maintenance: new Set() };
  return {
    enqueue: async (on, lane, tasks) => {
      await boss.insert(lane, tasks.map(toRow), { db: executorOn(on) });
    },
    withdraw: async (on, lane, taskIds) => {
      if (taskIds.length > 0) await boss.cancel(lane, [...taskIds], { db: executorOn(on) });
    },
    wake: (lane) => {
      for (const id of workers[lane]) boss.notifyWorker(id);
    },
    work: (lane, options, perform) => work({ boss, lane, ids: workers[lane] }, options, perform),
    depths: () => depths(database),
    setAside: async (limit) => {
      const jobs = await boss.findJobs(asideName, { queued: true, limit });
      return jobs.map(toSetAside);
    },
    retry: (ids) => boss.redrive(asideName, ids ? { ids: [...ids] } : {}),
    close: () => boss.stop({ timeout: drainMs }),
  };
}

/** Of several servers the newest start decides: what it sets holds for tasks put in from then on. */
async function makeLanes(boss: PgBoss, tries: number | undefined): Promise<void> {
  await boss.createQueue(asideName, asideOptions);
  for (const lane of lanes) {
    const options = { ...laneOptions[lane], retryLimit: (tries ?? 8) - 1, deadLetter: asideName };
    await boss.createQueue(lane, options); // does nothing when it is there
    if (tries !== undefined) await boss.updateQueue(lane, options);
  }
}

function toRow({ id, task, ownerId }: NewTask): { id: string; data: Task; group?: { id: string } } {
  return ownerId === undefined ? { id, data: task } : { id, data: task, group: { id: ownerId } };
}

function toSetAside(job: JobWithMetadata<unknown>): Awaited<ReturnType<Queue["setAside"]>>[number] {
  return {
    id: job.id,
    lane: lanes.find((lane) => lane === job.sourceName) ?? "maintenance",
    task: parseTask(job.data),
    tries: (job.sourceRetryCount ?? 0) + 1,
    since: job.createdOn,
    problem: parseProblem(job.sourceOutput),
  };
}

/** Statements of pg-boss on a connection of ours, and so in its transaction. */
function executorOn(on: Connection): { executeSql(text: string, values?: unknown[]): Promise<{ rows: object[] }> } {
  return { executeSql: async (text, values = []) => ({ rows: await on.query(text, values) }) };
}

type Place = { readonly boss: PgBoss; readonly lane: Lane; readonly ids: Set<string> };
type WorkOptions = Parameters<Queue["work"]>[1];
type Perform = Parameters<Queue["work"]>[2];

/** One worker of pg-boss for each task at once, so that each takes the next as soon as it is done. */
async function work(place: Place, { atOnce, batch = 1 }: WorkOptions, perform: Perform): Promise<LaneWork> {
  const givingBack = new AbortController();
  const ids: string[] = [];
  for (let i = 0; i < atOnce; i++) {
    ids.push(await startWorker(place, batch, (job) => tryTask(perform, job, givingBack.signal)));
  }
  return {
    stop: async () => {
      for (const id of ids) place.ids.delete(id);
      const done = Promise.all(ids.map((id) => place.boss.offWork(place.lane, { id, wait: true })));
      const timer = new AbortController();
      await Promise.race([done, delay(drainMs, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
      givingBack.abort(new Failure("shutting-down", "The worker is shutting down."));
      await done;
    },
  };
}

async function startWorker(
  { boss, lane, ids }: Place,
  batchSize: number,
  attempt: (job: Job<unknown>) => Promise<JobResult>,
): Promise<string> {
  const self = { id: "" };
  const options = { batchSize, perJobResults: true, pollingIntervalSeconds: pollS } as const;
  self.id = await boss.work(lane, options, async (jobs): Promise<JobResult[]> => {
    boss.notifyWorker(self.id); // there may be more: look again right after these, not at the next poll
    const results: JobResult[] = [];
    for (const job of jobs) results.push(await attempt(job));
    return results;
  });
  ids.add(self.id);
  return self.id;
}

async function tryTask(
  perform: Perform,
  { id, data, signal }: Job<unknown>,
  givingBack: AbortSignal,
): Promise<JobResult> {
  const either = AbortSignal.any([signal, givingBack]);
  try {
    either.throwIfAborted();
    await perform(parseTask(data), either);
    return { id, status: "completed" };
  } catch (error) {
    return { id, status: "failed", output: problemOfError(error) };
  }
}

/** While the database is away every look for work fails: that is told once a minute. */
function warnSometimes(warn: (sentence: string) => void): (error: Error) => void {
  const everyMs = 60_000;
  let quietUntil = 0;
  return (error) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + everyMs;
    warn(`The queue will try again: ${error.message}`);
  };
}
