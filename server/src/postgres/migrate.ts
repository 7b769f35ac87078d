import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { StartError } from "../errors.ts";
import type { Connection, Database } from "./database.ts";

const ourMigrations = new URL("../../migrations/", import.meta.url);
const oldestServer = 140_000;

/** Any number, the same in every Utsuru: who migrates holds the advisory lock of this key. */
const lockKey = 7_582_010_521;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** 64 hexadecimal digits, over the text with Unix line ends. */
  readonly sha256: string;
}

/**
 * Brings the database to the newest schema: the SQL files of a folder, `0001_….sql` on, each once, forward only, all in one
 * transaction, so that several servers may start at once and a failure leaves nothing half done.
 *
 * Throws `StartError` for a server older than PostgreSQL 14, a database that a newer program has migrated, or a file changed after it was applied.
 */
export async function migrate(database: Database, folder: URL = ourMigrations): Promise<void> {
  const migrations = await readMigrations(folder);
  await database.transaction(async (connection) => {
    await refuseOldServer(connection);
    await connection.query("select pg_advisory_xact_lock($1)", [lockKey]);
    await connection.query(
      `create table if not exists migrations (
         version    integer     primary key,
         name       text        not null,
         sha256     text        not null,
         applied_at timestamptz not null default now()
       )`,
      [],
    );
    const applied = await connection.query<Applied>(
      "select version, name, sha256 from migrations order by version",
      [],
    );
    for (const one of applied) refuseUnlike(one, migrations[one.version - 1]);
    for (const migration of migrations.slice(applied.length)) await apply(connection, migration);
  });
}

/** Whether the database has a schema of ours, of whatever age. */
export async function isMigrated(on: Connection): Promise<boolean> {
  const [row] = await on.query<{ there: boolean }>("select to_regclass('migrations') is not null as there", []);
  return row?.there ?? false;
}

type Applied = Pick<Migration, "version" | "name" | "sha256">;

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(names.map((name, index) => readMigration(folder, { name, version: index + 1 })));
}

async function readMigration(folder: URL, { name, version }: { name: string; version: number }): Promise<Migration> {
  if (!name.startsWith(`${String(version).padStart(4, "0")}_`)) {
    throw new Error(`Migrations are numbered without gaps; expected number ${version}, found ${name}.`);
  }
  const sql = (await readFile(new URL(name, folder), "utf8")).replaceAll("\r\n", "\n");
  return { version, name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
}

async function refuseOldServer(connection: Connection): Promise<void> {
  const [row] = await connection.query<{ number: number; text: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as text",
    [],
  );
  if (row && row.number < oldestServer) {
    throw new StartError(`Utsuru needs PostgreSQL 14 or newer; this server is ${row.text}.`);
  }
}

function refuseUnlike(applied: Applied, known: Migration | undefined): void {
  if (!known) {
    throw new StartError(
      `The database was migrated by a newer Utsuru (${applied.name}): run that version, or restore a backup made before.`,
    );
  }
  if (applied.sha256 !== known.sha256) {
    throw new StartError(
      `The migration ${known.name} was changed after the database had applied it as ${applied.name}: install Utsuru again, or restore a backup.`,
    );
  }
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  await connection.query(migration.sql, []); // without values: several statements may stand in one text
  await connection.query("insert into migrations (version, name, sha256) values ($1, $2, $3)", [
    migration.version,
    migration.name,
    migration.sha256,
  ]);
}
