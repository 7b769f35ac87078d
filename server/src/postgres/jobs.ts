import { randomUUID } from "node:crypto";
import { Failure } from "../errors.ts";
import type {
  AddedImage,
  Image,
  JobFile,
  JobFileId,
  JobOutcome,
  Jobs,
  NewJob,
  StoredImage,
  Visibility,
} from "../ports.ts";
import type { Connection, Database } from "./database.ts";
import { addImage } from "./images.ts";
import { findJob, listJobs, readResults } from "./jobs/read-jobs.ts";
import { waitingTasks } from "./queue/depths.ts";
import type { TaskQueue } from "./queue.ts";

/** How many files may wait. */
export interface JobBounds {
  readonly waitingMax: number;
  readonly waitingMaxPerOwner: number;
}

type Ports = { readonly database: Database; readonly queue: TaskQueue; readonly bounds: JobBounds };

/** Jobs in PostgreSQL, their files as tasks of the queue there. `announce` is called after each change of images. */
export function jobsIn(ports: Ports, announce: () => void): Jobs {
  const { database, queue } = ports;
  return {
    checkRoom: (ownerId, files) => checkRoom(ports, database, { ownerId, files }),
    add: async (job) => {
      await database.transaction((on) => add(ports, on, job));
      queue.wake("uploads");
    },
    find: (id, ownerId) => findJob(database, id, ownerId),
    results: (id) => readResults(database, id),
    list: (ownerId, page) => listJobs(database, ownerId, page),
    cancel: (id, ownerId, now) => database.transaction((on) => cancel(ports, on, { id, ownerId, now })),
    begin: (id, now) => begin(database, id, now),
    addImage: async (id, image, stored) => {
      const added = await database.transaction((on) => addWanted(on, { id, image, stored }));
      if (added.kind === "created") announce();
      return added;
    },
    settle: (id, outcome, now) => settle(database, { id, outcome, now }),
    whichWait: (ids) => whichWait(database, ids),
    prune: (before) => prune(database, before),
  };
}

const retryAfterS = 10;

async function checkRoom(
  { bounds }: Ports,
  on: Connection,
  wanted: { readonly ownerId: string; readonly files: number },
): Promise<void> {
  const waiting = await waitingTasks(on, { lane: "uploads", ownerId: wanted.ownerId });
  if (waiting.all + wanted.files > bounds.waitingMax)
    throw new Failure("overloaded", "Too many files wait to be taken in; try again shortly.", { retryAfterS });
  if (waiting.own + wanted.files > bounds.waitingMaxPerOwner)
    throw new Failure(
      "overloaded",
      `${waiting.own} files of yours wait to be taken in already, of ${bounds.waitingMaxPerOwner} that may; try again when some are done.`,
      { retryAfterS },
    );
}

/** Requests at the same moment do not see each other's files: the bounds may be passed by what they bring, which is not worth a lock. */
async function add(ports: Ports, on: Connection, job: NewJob): Promise<void> {
  await checkRoom(ports, on, { ownerId: job.ownerId, files: job.files.length });
  await takeNote(on, job.id);
  await on.query("insert into jobs (id, owner_id, kind, visibility, created_at) values ($1, $2, 'upload', $3, $4)", [
    ...[job.id, job.ownerId, job.visibility, job.createdAt],
  ]);
  const tasks = job.files.map((_, position) => ({
    id: randomUUID(),
    task: { kind: "upload", file: { jobId: job.id, position } } as const,
    ownerId: job.ownerId,
  }));
  await addFiles(
    on,
    job,
    tasks.map(({ id }) => id),
  );
  await ports.queue.enqueue(on, "uploads", tasks);
}

/** Takes the note of the job's files away. Whoever gave it up meanwhile deletes them. */
async function takeNote(on: Connection, id: string): Promise<void> {
  const rows = await on.query("delete from bucket_puts where id = $1 returning id", [id]);
  if (rows.length === 0)
    throw new Failure("bucket-unavailable", "The storage took too long to keep the files.", { retryAfterS });
}

async function addFiles(on: Connection, job: NewJob, taskIds: readonly string[]): Promise<void> {
  await on.query(
    `insert into job_files (job_id, position, task_id, file, bytes, sha256)
     select $1, f.position - 1, f.task_id, f.file, f.bytes, decode(f.sha256, 'hex')
     from unnest($2::uuid[], $3::text[], $4::bigint[], $5::text[])
          with ordinality as f (task_id, file, bytes, sha256, position)`,
    [
      job.id,
      taskIds,
      job.files.map(({ name }) => name),
      job.files.map(({ bytes }) => bytes),
      job.files.map(({ sha256 }) => sha256),
    ],
  );
}

async function cancel(
  { queue }: Ports,
  on: Connection,
  what: { readonly id: string; readonly ownerId: string; readonly now: Date },
): Promise<number[] | undefined> {
  const [job] = await on.query("select id from jobs where id = $1 and owner_id = $2", [what.id, what.ownerId]);
  if (!job) return undefined;
  const files = await on.query<{ position: number; task_id: string }>(
    `update job_files set status = 'cancelled', settled_at = $2
     where job_id = $1 and status is null returning position, task_id`,
    [what.id, what.now],
  );
  if (files.length > 0) await on.query("update jobs set cancelled_at = $2 where id = $1", [what.id, what.now]);
  await queue.withdraw(
    on,
    "uploads",
    files.map((file) => file.task_id),
  );
  return files.map(({ position }) => position);
}

interface FileRow {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly visibility: Visibility;
  readonly owner_id: string;
  readonly audience: number;
  readonly email: string;
  readonly owner_since: Date;
}

async function begin(on: Connection, { jobId, position }: JobFileId, now: Date): Promise<JobFile | undefined> {
  const [row] = await on.query<FileRow>(
    `update job_files f set begun_at = coalesce(f.begun_at, $3)
     from jobs j join users u on u.id = j.owner_id
     where f.job_id = $1 and f.position = $2 and f.status is null and j.id = f.job_id
     returning f.file, f.bytes, encode(f.sha256, 'hex') as sha256, j.visibility,
               u.id as owner_id, u.audience, u.email, u.created_at as owner_since`,
    [jobId, position, now],
  );
  if (!row) return undefined;
  const { file: name, bytes, sha256, visibility, audience, email } = row;
  return {
    ...{ name, bytes, sha256, visibility },
    owner: { id: row.owner_id, audience, email, createdAt: row.owner_since },
  };
}

/** The file's row is locked from the question to the end, so that of a cancellation and another worker only one comes first. */
async function addWanted(
  on: Connection,
  what: { readonly id: JobFileId; readonly image: Image; readonly stored: StoredImage },
): Promise<AddedImage | { readonly kind: "withdrawn" }> {
  const { id, image, stored } = what;
  if (!(await lockOpenFile(on, id))) return { kind: "withdrawn" };
  const added = await addImage(on, image, stored);
  if (added.kind === "given-up") return added;
  const imageId = added.kind === "duplicate" ? added.image.id : image.id;
  await settle(on, { id, outcome: { kind: added.kind, imageId }, now: image.createdAt });
  return added;
}

async function lockOpenFile(on: Connection, { jobId, position }: JobFileId): Promise<boolean> {
  const rows = await on.query(
    "select 1 from job_files where job_id = $1 and position = $2 and status is null for update",
    [jobId, position],
  );
  return rows.length > 0;
}

async function settle(
  on: Connection,
  what: { readonly id: JobFileId; readonly outcome: JobOutcome; readonly now: Date },
): Promise<void> {
  const { id, outcome, now } = what;
  const [imageId, problem] = outcome.kind === "rejected" ? [null, outcome.problem] : [outcome.imageId, null];
  await on.query(
    `update job_files set status = $3, image_id = $4, problem = $5, settled_at = $6
     where job_id = $1 and position = $2 and status is null`,
    [id.jobId, id.position, outcome.kind, imageId, problem, now],
  );
}

async function whichWait(on: Connection, ids: readonly JobFileId[]): ReturnType<Jobs["whichWait"]> {
  const rows = await on.query<{ at: number }>(
    `select asked.at::int - 1 as at
     from unnest($1::uuid[], $2::int[]) with ordinality as asked (job_id, position, at)
     where exists (select from bucket_puts where id = asked.job_id)
        or exists (select from job_files f where f.job_id = asked.job_id and f.position = asked.position and f.status is null)`,
    [ids.map(({ jobId }) => jobId), ids.map(({ position }) => position)],
  );
  return rows.flatMap(({ at }) => ids[at] ?? []);
}

async function prune(on: Connection, before: Date): Promise<number> {
  const [row] = await on.query<{ count: number }>(
    "with gone as (delete from jobs where created_at < $1 returning id) select count(*) from gone",
    [before],
  );
  return row?.count ?? 0;
}
