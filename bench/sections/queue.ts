import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Task } from "../../server/src/ports.ts";
import { openCatalog } from "../../server/src/postgres/catalog.ts";
import { type Database, openDatabase } from "../../server/src/postgres/database.ts";
import { startEmbedded } from "../../server/src/postgres/embedded.ts";
import { openQueue, type TaskQueue } from "../../server/src/postgres/queue.ts";
import type { Run } from "../report.ts";
import { timed } from "../statistics.ts";

const tasks = 20_000;
const perTransaction = 500;
const leastPerSecond = 1_000;

/** How one row of the table is worked on. */
const ways = [
  { what: "one by one, as files of uploads are", tasks: 2_000, atOnce: 4, batch: 1 },
  { what: "50 in one go", tasks, atOnce: 4, batch: 50 },
] as const;

/** How many tasks a second the queue alone moves: put in by transactions, handed out, done and noted as done, with a durable database. */
export const run: Run = async (room) => {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  const embedded = await startEmbedded({ directory: folder });
  try {
    await (await openCatalog({ url: embedded.url })).close();
    const database = openDatabase({ url: embedded.url });
    const queue = await openQueue(database, { url: embedded.url });
    const rows: (readonly [string, number, number, number])[] = [];
    for (const way of ways) {
      room.say(`${way.tasks} tasks, ${way.what}`);
      const put = await timed(() => putIn(database, queue, way.tasks));
      const done = await timed(() => doAll(queue, way));
      rows.push([way.what, way.tasks, perSecond(way.tasks, put.ms), perSecond(way.tasks, done.ms)]);
    }
    await queue.close();
    await database.close();
    return { kind: "measured", tables: [tableOf(rows)] };
  } finally {
    await embedded.stop();
    await rm(folder, { recursive: true });
  }
};

async function putIn(database: Database, queue: TaskQueue, count: number): Promise<void> {
  for (let put = 0; put < count; put += perTransaction) {
    const batch = Array.from({ length: Math.min(perTransaction, count - put) }, (_, position) => ({
      id: randomUUID(),
      task: { kind: "upload", file: { jobId: randomUUID(), position } } as Task,
    }));
    await database.transaction((on) => queue.enqueue(on, "uploads", batch));
  }
}

/** Until every task is done and noted as done. */
async function doAll(queue: TaskQueue, way: (typeof ways)[number]): Promise<void> {
  const seen = new Set<string>();
  const work = await queue.work("uploads", way, async (task) => {
    if (task.kind === "upload") seen.add(`${task.file.jobId}/${task.file.position}`);
  });
  while (seen.size < way.tasks) await delay(20);
  await work.stop();
  const [uploads] = await queue.depths();
  if (uploads?.waiting !== 0 || uploads.running !== 0) throw new Error("tasks are left that nobody did");
}

function perSecond(count: number, ms: number): number {
  return Math.round((count * 1000) / ms);
}

function tableOf(rows: readonly (readonly [string, number, number, number])[]) {
  const reached = rows.some(([, , , done]) => done >= leastPerSecond);
  return {
    title: "Tasks a second that the queue alone moves",
    columns: ["done", "tasks", "put in", "done a second"],
    rows,
    notes: [
      `The embedded database with fsync; put in by transactions of ${perTransaction}, done by 4 workers in one process, with nothing to do in a task.`,
      `At least ${leastPerSecond} a second were wanted: ${reached ? "reached" : "missed"}.`,
    ],
  };
}
