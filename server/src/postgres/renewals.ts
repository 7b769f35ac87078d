import { randomUUID } from "node:crypto";
import type { DerivedParts, RenewableImage, Renewals } from "../ports.ts";
import type { Connection, Database } from "./database.ts";
import { derivedVersion } from "./derived-version.ts";
import { fingerprintColumns } from "./images.ts";
import { type RecordRow, recordColumns, recordTables, toRecord } from "./library-records.ts";
import { asideName } from "./queue/lane-settings.ts";
import type { TaskQueue } from "./queue.ts";

/** So many tasks wait at most: some minutes of work for a few workers, and few enough to be counted and looked through at once. */
const waitingMax = 5_000;

/** Any number, the same in every Utsuru: who puts in tasks of images holds the advisory lock of this key. */
const lockKey = 7_582_010_522;

type Ports = { readonly database: Database; readonly queue: Pick<TaskQueue, "enqueue" | "wake"> };

/** What is to be derived anew, in PostgreSQL. `announce` is called after each change. */
export function renewalsIn(ports: Ports, announce: () => void): Renewals {
  const { database } = ports;
  return {
    plan: () => enqueueStale(ports),
    isDue: (imageId) => isDue(database, imageId),
    find: (imageId) => find(database, imageId),
    keep: async (imageId, parts) => {
      await database.transaction((on) => keep(on, imageId, parts));
      announce();
    },
  };
}

/** Under a lock, so that of two who look at the same moment only one puts an image's task in. */
async function enqueueStale({ database, queue }: Ports): Promise<number> {
  const count = await database.transaction(async (on) => {
    await on.query("select pg_advisory_xact_lock($1)", [lockKey]);
    const imageIds = await stale(on);
    const tasks = imageIds.map((imageId) => ({ id: randomUUID(), task: { kind: "renew", imageId } as const }));
    if (tasks.length > 0) await queue.enqueue(on, "maintenance", tasks);
    return tasks.length;
  });
  if (count > 0) queue.wake("maintenance");
  return count;
}

/** What holds for a task of this lane that failed at every try. */
const isSetAside = `name = '${asideName}' and source_name = 'maintenance'`;

/** Images that have a task, waiting, in hand or set aside. States are ordered: created, retry, active, completed … */
const known = `
  known as materialized (
    select name, (data ->> 'imageId')::uuid as image_id from pgboss.job
    where state <= 'active' and data ? 'imageId'
      and (name = 'maintenance' or ${isSetAside}))`;

async function stale(on: Connection): Promise<string[]> {
  const rows = await on.query<{ image_id: string }>(
    `with ${known}
     select image_id from image_data
     where derived_version < $1 and image_id not in (select image_id from known)
     order by derived_version, image_id
     limit greatest($2 - (select count(*) from known where name = 'maintenance'), 0)`,
    [derivedVersion, waitingMax],
  );
  return rows.map((row) => row.image_id);
}

async function isDue(on: Connection, imageId: string): Promise<boolean> {
  const due = await on.query(
    `select from image_data
     where image_id = $1 and derived_version < $2
       and not exists (select from pgboss.job where ${isSetAside} and data ->> 'imageId' = $1::text)`,
    [imageId, derivedVersion],
  );
  return due.length > 0;
}

async function find(on: Connection, imageId: string): Promise<RenewableImage | undefined> {
  const [row] = await on.query<RecordRow & { is_current: boolean }>(
    `select ${recordColumns}, d.derived_version >= $2 as is_current from ${recordTables} where i.id = $1`,
    [imageId, derivedVersion],
  );
  return row && { ...toRecord(row), isCurrent: row.is_current };
}

/**
 * The image is held first, as by whoever deletes it, then its data, so that of two who keep at once (a worker that was taken for dead, the doctor) one
 * comes after the other. Fingerprints are not updated but replaced: they may lie on other servers.
 */
async function keep(on: Connection, imageId: string, { oriented, features }: DerivedParts): Promise<void> {
  const held = await on.query(
    `select from images i join image_data d on d.image_id = i.id
     where i.id = $1 and d.derived_version <= $2 for key share of i for no key update of d`,
    [imageId, derivedVersion],
  );
  if (held.length === 0) return;
  const fingerprints = oriented.map(({ fingerprint }) => fingerprint);
  await on.query("delete from fingerprints where image_id = $1", [imageId]);
  await on.query(
    `insert into fingerprints (image_id, algorithm, code, quality, mirrored)
     select $1, f.algorithm, f.code::bit(256), f.quality, f.mirrored::bit(768)
     from unnest($2::text[], $3::text[], $4::smallint[], $5::text[]) as f (algorithm, code, quality, mirrored)`,
    [imageId, ...fingerprintColumns(fingerprints, oriented)],
  );
  await on.query(
    `with featured as (
       insert into local_features (image_id, version, packed) values ($1, $2, $3)
       on conflict (image_id) do update set version = excluded.version, packed = excluded.packed
     )
     update image_data set derived_version = $4 where image_id = $1`,
    [imageId, features[0], features, derivedVersion],
  );
}
