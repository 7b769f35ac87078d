import { StartError } from "../../errors.ts";
import type { BackupRow, LibrarySnapshot } from "../../ports.ts";
import type { Connection, Database } from "../database.ts";
import { inBatches } from "../in-batches.ts";
import { type BackedUpTable, backedUpTables, type Section, sections } from "./tables.ts";

/** Originals of a part, unless a single one has more. */
const partBytesMax = 64 * 1024 * 1024;

/**
 * Lends the library as one transaction sees it (repeatable read: PostgreSQL manual, 13.2.2). It stays open as long as a backup takes, so
 * the database must allow it to wait between two statements.
 */
export function withSnapshot<T>(database: Database, use: (snapshot: LibrarySnapshot) => Promise<T>): Promise<T> {
  return database.transaction(async (on) => {
    await on.query("set transaction isolation level repeatable read, read only", []);
    await refuseUnfinished(on);
    return use({ takenAt: await timeOf(on), counts: await countAll(on), parts: () => partsIn(on) });
  });
}

async function refuseUnfinished(on: Connection): Promise<void> {
  const rows = await on.query("select from restores where ended_at is null", []);
  if (rows.length > 0)
    throw new StartError(
      "A backup is being restored to this library and not all of it is there yet: finish that first, or give it up by utsuru restore --keep.",
    );
}

async function timeOf(on: Connection): Promise<Date> {
  const [row] = await on.query<{ now: Date }>("select now() as now", []);
  if (!row) throw new Error("A select without a table has one row.");
  return row.now;
}

async function countAll(on: Connection): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { name } of backedUpTables) counts[name] = await count(on, name);
  return counts;
}

async function count(on: Connection, table: string): Promise<number> {
  const [row] = await on.query<{ count: number }>(`select count(*) as count from ${table}`, []);
  return row?.count ?? 0;
}

async function* partsIn(on: Connection): AsyncIterable<readonly BackupRow[]> {
  for (const section of sections) {
    const [{ name }] = section.tables;
    const read = (after: string | null) => readKeys(on, section, after);
    for await (const keys of inBatches({ size: section.partSize, read, idOf: ({ key }) => key })) {
      const sizes =
        name === "images"
          ? await originalSizes(
              on,
              keys.map(({ key }) => key),
            )
          : new Map<string, number>();
      for (const part of cutByBytes(keys, sizes)) yield await readPart(on, section, part);
    }
  }
}

interface KeyRow {
  readonly key: string;
}

function readKeys(
  on: Connection,
  { tables: [{ name, key }], partSize }: Section,
  after: string | null,
): Promise<KeyRow[]> {
  return on.query<KeyRow>(
    `select ${key} as key from ${name} where $1::uuid is null or ${key} > $1 order by ${key} limit ${partSize}`,
    [after],
  );
}

async function originalSizes(on: Connection, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await on.query<{ image_id: string; bytes: number }>(
    "select image_id, bytes from image_data where image_id = any ($1::uuid[])",
    [ids],
  );
  return new Map(rows.map(({ image_id, bytes }) => [image_id, bytes]));
}

function cutByBytes(keys: readonly KeyRow[], sizes: ReadonlyMap<string, number>): string[][] {
  const parts: string[][] = [];
  let [part, bytes]: [string[], number] = [[], 0];
  for (const { key } of keys) {
    const size = sizes.get(key) ?? 0;
    if (part.length > 0 && bytes + size > partBytesMax) {
      parts.push(part);
      [part, bytes] = [[], 0];
    }
    part.push(key);
    bytes += size;
  }
  return [...parts, part];
}

async function readPart(on: Connection, { tables }: Section, keys: readonly string[]): Promise<BackupRow[]> {
  const rows: BackupRow[] = [];
  for (const table of tables) rows.push(...(await readRows(on, table, keys)));
  return rows;
}

/** In the order of all their columns' first two, which is the same for the same rows. */
async function readRows(
  on: Connection,
  { name, columns, key }: BackedUpTable,
  keys: readonly string[],
): Promise<BackupRow[]> {
  const rows = await on.query<{ row: BackupRow["row"] }>(
    `select row_to_json(r) as row from (
       select ${columns.join(", ")} from ${name} where ${key} = any ($1::uuid[]) order by ${key}, ${columns[1]}
     ) r`,
    [keys],
  );
  return rows.map(({ row }) => ({ table: name, row }));
}
