import { Failure, StartError } from "../../errors.ts";
import type { BackupRow, Backups, RestoredPart } from "../../ports.ts";
import type { Connection } from "../database.ts";
import { type BackedUpTable, backedUpTables } from "./tables.ts";

/** Begins a restore in a library that has nothing, or goes on with it. Nobody registers or uploads between the look and the note. */
export async function begin(on: Connection, backupId: string): ReturnType<Backups["begin"]> {
  await on.query("lock table users, images, restores in share row exclusive mode", []);
  const [known] = await on.query<{ parts: number; ended_at: Date | null }>(
    "select parts, ended_at from restores where backup_id = $1 and given_up_at is null",
    [backupId],
  );
  if (known) return { parts: known.parts, endedAt: known.ended_at ?? undefined };
  await refuseOther(on);
  await refuseFull(on);
  await refuseSoon(on);
  await on.query("delete from restores where backup_id = $1", [backupId]); // one that was given up
  await on.query("insert into restores (backup_id) values ($1)", [backupId]);
  return { parts: 0, endedAt: undefined };
}

async function refuseOther(on: Connection): Promise<void> {
  const [other] = await on.query<{ backup_id: string; is_given_up: boolean }>(
    "select backup_id, given_up_at is not null as is_given_up from restores where ended_at is null",
    [],
  );
  if (other?.is_given_up)
    throw new StartError(
      `The restore of another backup (${other.backup_id}) is being given up: run utsuru restore --abandon or --keep once more.`,
    );
  if (other)
    throw new StartError(
      `Another backup (${other.backup_id}) is being restored to this library and not all of it is there: finish that one, or give it up by utsuru restore --abandon or --keep.`,
    );
}

/** Longer than servers and sweepers remember which images have gone: these may come again, under the same ids. */
const forgottenS = 300;

async function refuseSoon(on: Connection): Promise<void> {
  const [row] = await on.query<{ wait_s: number }>(
    "select ceil(extract(epoch from max(ended_at) - now()) + $1)::int as wait_s from restores where given_up_at is not null",
    [forgottenS],
  );
  if (row && row.wait_s > 0)
    throw new StartError(
      `A restore was abandoned here a moment ago, and servers still hear of it: run this again in ${row.wait_s} s.`,
    );
}

async function refuseFull(on: Connection): Promise<void> {
  const [row] = await on.query<{ users: number; images: number }>(
    "select (select count(*) from users) as users, (select count(*) from images) as images",
    [],
  );
  if (row && row.users + row.images > 0)
    throw new StartError(
      `The library is not empty: accounts ${row.users}, images ${row.images}, none of them from this backup. A backup is restored to an empty database.`,
    );
}

/** The backup's one note, replaced from part to part. What an earlier restore, given up by now, wanted deleted of these is wanted again. */
export async function notePuts(on: Connection, backupId: string, keys: readonly string[]): Promise<void> {
  const noted = await on.query(
    `with wanted as (
       delete from bucket_deletions where key = any ($2::text[])
     )
     insert into bucket_puts (id, image_id, keys)
     select backup_id, backup_id, $2 from restores where backup_id = $1 and ended_at is null and given_up_at is null
     on conflict (id) do update set keys = excluded.keys, noted_at = excluded.noted_at
     returning id`,
    [backupId, keys],
  );
  if (noted.length === 0) throw new StartError(elsewhere);
}

const elsewhere = "Another restore of the same backup is at work on this library, or it was given up.";

/** As part of the connection's transaction. `putMsMax`: after how long a deletion of objects is repeated. */
export async function addPart(
  on: Connection,
  { backupId, number, rows }: RestoredPart,
  putMsMax: number,
): ReturnType<Backups["addPart"]> {
  await takeTurn(on, backupId, number);
  const byTable = Map.groupBy(rows, ({ table }) => table);
  const strange = [...byTable.keys()].find((name) => !backedUpTables.some((table) => table.name === name));
  if (strange !== undefined) throw new StartError(`The backup has a table that is not known: ${strange}.`);
  const added = new Map<string, ReadonlySet<string>>();
  for (const table of backedUpTables) {
    const given = byTable.get(table.name);
    if (given) added.set(table.name, await insertRows(on, table, given));
  }
  await on.query("delete from bucket_puts where id = $1", [backupId]);
  const owned = [...(added.get("users") ?? []), ...(added.get("images") ?? [])];
  await on.query("insert into restored (id) select unnest($1::uuid[])", [owned]);
  const images = (byTable.get("images") ?? []).map(({ row }) => String(row.id));
  const there = added.get("images") ?? new Set();
  const passedOver = images.filter((id) => !there.has(id));
  if (passedOver.length > 0) await noteDeletions(on, keysOf(byTable.get("image_data") ?? [], passedOver), putMsMax);
  return { images: images.length - passedOver.length, passedOver: passedOver.length };
}

async function takeTurn(on: Connection, backupId: string, number: number): Promise<void> {
  const rows = await on.query(
    `update restores set parts = $2
     where backup_id = $1 and parts = $2 - 1 and ended_at is null and given_up_at is null returning parts`,
    [backupId, number],
  );
  if (rows.length === 0) throw new StartError(elsewhere);
}

/**
 * Adds rows of one table; returns the keys of those that are there now. Columns that rows of an older schema lack have their defaults.
 * Numbers, dates and bit strings are read from JSON by the column's own type.
 */
async function insertRows(
  on: Connection,
  table: BackedUpTable,
  given: readonly BackupRow[],
): Promise<ReadonlySet<string>> {
  const names = Object.keys(given[0]?.row ?? {});
  const unknown = names.find((name) => !table.columns.includes(name));
  if (unknown !== undefined)
    throw new StartError(`The backup has a column that is not known: ${table.name}.${unknown}.`);
  const isThere = table.images.map((column) => `exists (select from images where id = r.${column})`);
  const rows = await on
    .query<{ key: string }>(
      `insert into ${table.name} (${names.join(", ")})
       select ${names.join(", ")} from json_populate_recordset(null::${table.name}, $1::json) r
       where ${["true", ...isThere].join(" and ")}
       ${table.name === "images" ? "on conflict (owner_id, sha256) do nothing" : ""}
       returning ${table.key} as key`,
      [JSON.stringify(given.map(({ row }) => row))],
    )
    .catch((error: unknown) => {
      throw wrongRows(table, error);
    });
  return new Set(rows.map(({ key }) => key));
}

/** What the database says against rows (SQLSTATE classes 22, data exception, and 23, constraint violation) as a sentence. */
function wrongRows(table: BackedUpTable, error: unknown): unknown {
  if (error instanceof Failure || !(error instanceof Error) || !("code" in error)) return error;
  const code = String(error.code);
  if (code === "23505" && table.name === "users")
    return new StartError("Someone registered here with an address that the backup has too: take an empty database.", {
      cause: error,
    });
  if (!["22", "23"].includes(code.slice(0, 2))) return error;
  return new StartError(`The backup has rows of ${table.name} that cannot be: ${error.message}.`, { cause: error });
}

function keysOf(data: readonly BackupRow[], imageIds: readonly string[]): string[] {
  return data
    .filter(({ row }) => imageIds.includes(String(row.image_id)))
    .flatMap(({ row }) => [String(row.original_key), String(row.thumbnail_key)]);
}

async function noteDeletions(on: Connection, keys: readonly string[], putMsMax: number): Promise<void> {
  await on.query(
    `insert into bucket_deletions (key, final_at)
     select key, now() + $2 * interval '1 ms' from unnest($1::text[]) as key
     on conflict (key) do update set due_at = now(), final_at = excluded.final_at`,
    [keys, putMsMax],
  );
}

/** As part of the connection's transaction. */
export async function finish(on: Connection, backupId: string): Promise<void> {
  await on.query("delete from restored", []);
  const rows = await on.query(
    "update restores set ended_at = now() where backup_id = $1 and given_up_at is null returning backup_id",
    [backupId],
  );
  if (rows.length === 0) throw new StartError(elsewhere);
}
