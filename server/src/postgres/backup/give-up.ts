import { StartError } from "../../errors.ts";
import type { Backups } from "../../ports.ts";
import type { Connection } from "../database.ts";

/**
 * As part of the connection's transaction. Two statements: the first waits for a part that is being added at this moment, whose objects the second
 * must not find noted any more.
 */
export async function giveUp(on: Connection): ReturnType<Backups["giveUp"]> {
  const [restore] = await on.query<{ backup_id: string }>(
    "update restores set given_up_at = coalesce(given_up_at, now()) where ended_at is null returning backup_id",
    [],
  );
  if (!restore) throw new StartError("There is no unfinished restore in this library.");
  const notes = await on.query<{ keys: string[] }>("select keys from bucket_puts where id = $1", [restore.backup_id]);
  return { backupId: restore.backup_id, keys: notes.flatMap(({ keys }) => keys) };
}

/** As part of the connection's transaction. The last part of a derivative's key is its image's id, as of the others. */
export async function takeOut(on: Connection, backupId: string, limit: number): ReturnType<Backups["takeOut"]> {
  const rows = await on.query<{ keys: string[] }>(
    `with chosen as (
       delete from restored where id in (
         select r.id from restored r join images on images.id = r.id order by r.id limit $1)
       returning id
     ), removed as (
       delete from images using chosen where images.id = chosen.id returning images.id
     )
     select array[original_key, thumbnail_key, regexp_replace(original_key, '^originals/', 'derivatives/')] as keys
     from image_data join removed on removed.id = image_id`,
    [limit],
  );
  const keys = rows.flatMap((row) => row.keys);
  await on.query(
    `insert into bucket_puts (id, image_id, keys) values ($1, $1, $2)
     on conflict (id) do update set keys = excluded.keys, noted_at = excluded.noted_at`,
    [backupId, keys],
  );
  return { images: rows.length, keys };
}

/** As part of the connection's transaction. Who has uploaded something meanwhile, or was promised that it is taken in, stays. */
export async function endTakenOut(on: Connection, backupId: string): ReturnType<Backups["endTakenOut"]> {
  await on.query(
    `delete from users where id in (select id from restored)
       and not exists (select from images where owner_id = users.id)
       and not exists (select from jobs where owner_id = users.id)`,
    [],
  );
  await endGivenUp(on, backupId);
  const [row] = await on.query<{ count: number }>("select count(*) as count from users", []);
  return { peopleLeft: row?.count ?? 0 };
}

/** As part of the connection's transaction. */
export async function endGivenUp(on: Connection, backupId: string): Promise<void> {
  await on.query("delete from bucket_puts where id = $1", [backupId]);
  await on.query("delete from restored", []);
  await on.query("update restores set ended_at = now() where backup_id = $1", [backupId]);
}
