import type { Job, JobOutcome, JobProblem, JobResult, JobState, Page } from "../../ports.ts";
import type { Connection } from "../database.ts";
import { asideName } from "../queue/lane-settings.ts";
import { parseProblem } from "../queue/task.ts";

/** One row a job, with its files counted: `open` are those that nothing came of yet, `aside` those of them that were set aside. */
interface JobRow {
  readonly id: string;
  readonly kind: "upload";
  readonly created_at: Date;
  readonly cancelled_at: Date | null;
  readonly total: number;
  readonly settled: number;
  readonly open: number;
  readonly aside: number;
  readonly begun: number;
  readonly last_at: Date | null;
}

/** Which files were set aside is read from the queue itself: setting one aside, and going again, are single statements of its own. */
const countedFiles = `
  select count(*) as total,
         count(*) filter (where f.status <> 'cancelled') as settled,
         count(*) filter (where f.status is null) as open,
         count(a.id) as aside,
         count(f.begun_at) as begun,
         greatest(max(f.settled_at), max(a.created_on)) as last_at
  from job_files f
  left join pgboss.job a on a.source_root_id = f.task_id and a.name = '${asideName}' and f.status is null
  where f.job_id = j.id`;

const jobColumns = "j.id, j.kind, j.created_at, j.cancelled_at, c.*";

/** The owner's job. */
export async function findJob(on: Connection, id: string, ownerId: string): Promise<Job | undefined> {
  const [row] = await on.query<JobRow>(
    `select ${jobColumns} from jobs j cross join lateral (${countedFiles}) c where j.id = $1 and j.owner_id = $2`,
    [id, ownerId],
  );
  return row && toJob(row);
}

/** One row more than the page holds tells whether another page follows. */
export async function listJobs(
  on: Connection,
  ownerId: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<Page<Job>> {
  const rows = await on.query<JobRow>(
    `select ${jobColumns}
     from (select * from jobs where owner_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3) j
     cross join lateral (${countedFiles}) c
     order by j.id desc`,
    [ownerId, page.after ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map(toJob);
  return { items, next: rows.length > page.limit ? items.at(-1)?.id : undefined };
}

function toJob(row: JobRow): Job {
  const state = stateOf(row);
  const isOver = row.open === row.aside;
  return {
    id: row.id,
    kind: row.kind,
    state,
    progress: { done: row.settled + row.aside, total: row.total },
    createdAt: row.created_at,
    finishedAt: isOver ? (row.last_at ?? row.created_at) : undefined,
  };
}

function stateOf(row: JobRow): JobState {
  if (row.cancelled_at !== null) return "cancelled";
  if (row.open > row.aside) return row.begun > 0 ? "running" : "queued";
  return row.aside > 0 ? "failed" : "done";
}

type ResultRow = { readonly file: string } & (
  | { readonly status: "created" | "duplicate"; readonly image_id: string }
  | { readonly status: "rejected"; readonly problem: JobProblem }
  | { readonly status: null; readonly aside: unknown }
);

/** Those of a job's files that something came of, in the order sent. */
export async function readResults(on: Connection, jobId: string): Promise<JobResult[]> {
  const rows = await on.query<ResultRow>(
    `select f.file, f.status, f.image_id, f.problem, a.source_output as aside
     from job_files f
     left join pgboss.job a on a.source_root_id = f.task_id and a.name = '${asideName}' and f.status is null
     where f.job_id = $1 and (f.status <> 'cancelled' or a.id is not null)
     order by f.position`,
    [jobId],
  );
  return rows.map((row) => ({ file: row.file, outcome: toOutcome(row) }));
}

function toOutcome(row: ResultRow): JobOutcome {
  switch (row.status) {
    case "created":
    case "duplicate":
      return { kind: row.status, imageId: row.image_id };
    case "rejected":
      return { kind: "rejected", problem: row.problem };
    case null:
      return { kind: "rejected", problem: parseProblem(row.aside) };
  }
}
