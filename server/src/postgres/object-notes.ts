import type { NotedPut, ObjectNotes } from "../ports.ts";
import type { Connection } from "./database.ts";

/** A deletion that was taken and not confirmed is due again after so long. */
const leaseMsMax = 60_000;

/** What the database notes of objects on their way into the bucket and out of it. */
export function objectNotesIn(database: Connection, putMsMax: number): ObjectNotes {
  return {
    putMsMax,
    notePut: (put) => notePut(database, put),
    finishPut: (put) => finishPut(database, put),
    giveUpOldPuts: (limit) => giveUpOldPuts(database, { limit, putMsMax }),
    takeDeletions: (limit) => takeDeletions(database, { limit, leaseMs: Math.min(putMsMax, leaseMsMax) }),
    confirmDeletions: (keys) => confirmDeletions(database, keys),
  };
}

/** Notes objects that are about to be put. */
async function notePut(on: Connection, { id, imageId, keys }: NotedPut): Promise<void> {
  const text = "insert into bucket_puts (id, image_id, keys) values ($1, $2, $3)";
  await on.query(text, [id, imageId, keys], { name: "note-put" });
}

/** Whoever removes the image meanwhile notes the objects as well, so the note need not be kept for them. */
async function finishPut(on: Connection, { id, imageId }: Pick<NotedPut, "id" | "imageId">): Promise<boolean> {
  const [row] = await on.query<{ there: boolean }>(
    `with image as (
       select id from images where id = $2
     ), finished as (
       delete from bucket_puts using image where bucket_puts.id = $1
     )
     select exists (select from image) as there`,
    [id, imageId],
  );
  return row?.there ?? false;
}

/**
 * A note that a transaction is taking away at this moment is passed over: its objects become an image's. So is that of an unfinished restore,
 * which puts the same objects again when it goes on.
 */
async function giveUpOldPuts(on: Connection, what: { limit: number; putMsMax: number }): Promise<number> {
  const [row] = await on.query<{ count: number }>(
    `with old as (
       delete from bucket_puts where id in (
         select id from bucket_puts where noted_at < now() - 2 * $2 * interval '1 ms'
           and not exists (select from restores r where r.backup_id = bucket_puts.id and r.ended_at is null)
         order by noted_at limit $1 for update skip locked)
       returning image_id, keys
     ), noted as (
       insert into bucket_deletions (key, final_at)
       select distinct key, now() + $2 * interval '1 ms' from old, unnest(old.keys) as key
       where not exists (select from images where id = old.image_id)
       on conflict (key) do update set due_at = now(), final_at = excluded.final_at
     )
     select count(*) from old`,
    [what.limit, what.putMsMax],
  );
  return row?.count ?? 0;
}

/** Never those of an image that is there, as after it was restored from a backup. What others are taking at this moment is passed over. */
async function takeDeletions(on: Connection, what: { limit: number; leaseMs: number }): Promise<string[]> {
  const rows = await on.query<{ key: string }>(
    `with due as (
       select key from bucket_deletions
       where due_at <= now()
         and not exists (select from image_data where original_key = key)
         and not exists (select from image_data where thumbnail_key = key)
       order by due_at, key limit $1 for update skip locked
     ), taken as (
       update bucket_deletions set due_at = now() + $2 * interval '1 ms'
       from due where bucket_deletions.key = due.key returning due.key
     )
     select key from taken order by key`,
    [what.limit, what.leaseMs],
  );
  return rows.map(({ key }) => key);
}

async function confirmDeletions(on: Connection, keys: readonly string[]): Promise<void> {
  await on.query(
    `with over as (
       delete from bucket_deletions where key = any ($1::text[]) and final_at <= now()
     )
     update bucket_deletions set due_at = final_at where key = any ($1::text[]) and final_at > now()`,
    [keys],
  );
}
