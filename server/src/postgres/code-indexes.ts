import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "./database.ts";

/** An index and the statement that makes it. */
export interface CodeIndexStatement {
  readonly name: string;
  readonly sql: string;
}

/** Any number, the same in every Utsuru: who makes indexes holds the advisory lock of this key. */
const lockKey = 7_582_010_522;
const retryMs = 500;

/**
 * Makes the indexes that are missing, without keeping others from writing, and has the table's statistics taken. `on` must be one
 * connection. Of several servers at once one makes them and the others wait.
 *
 * A table that is partitioned over other servers gets none: there each server has its own.
 */
export async function makeCodeIndexes(on: Connection, indexes: readonly CodeIndexStatement[]): Promise<void> {
  if (await isPartitioned(on)) return;
  // Tried again and again: a statement that waits would itself be waited for by the making of the index.
  while (!(await tryLock(on))) await delay(retryMs);
  try {
    const states = await readStates(
      on,
      indexes.map(({ name }) => name),
    );
    for (const { name, sql } of indexes) {
      if (states.get(name) === "valid") continue;
      if (states.has(name)) await on.query(`drop index concurrently ${name}`, []);
      await on.query(sql, []);
    }
    if (states.size < indexes.length) await on.query("analyze fingerprints", []);
  } finally {
    await on.query("select pg_advisory_unlock($1)", [lockKey]);
  }
}

async function isPartitioned(on: Connection): Promise<boolean> {
  const [row] = await on.query<{ kind: string }>(
    "select relkind as kind from pg_class where oid = 'fingerprints'::regclass",
    [],
  );
  return row?.kind === "p";
}

async function tryLock(on: Connection): Promise<boolean> {
  const [row] = await on.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [lockKey]);
  return row?.locked ?? false;
}

/** The indexes that are there; one that was not finished, because its server ended, is broken. */
async function readStates(on: Connection, names: readonly string[]): Promise<Map<string, "valid" | "broken">> {
  const rows = await on.query<{ name: string; state: "valid" | "broken" }>(
    `select c.relname as name, case when i.indisvalid then 'valid' else 'broken' end as state
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid = 'fingerprints'::regclass and c.relname = any ($1)`,
    [names],
  );
  return new Map(rows.map(({ name, state }) => [name, state]));
}
