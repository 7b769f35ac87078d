import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import pg from "pg";
import { testDatabase } from "../../../test/support/database.ts";
import { backedUpTables, leftOut, schemaVersion } from "./tables.ts";

test("every table and column is in backups or left out for a reason, as of the newest migration", async (t) => {
  const client = new pg.Client({ connectionString: (await testDatabase(t)).url });
  await client.connect();
  t.after(() => client.end());
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select table_name::text as name, array_agg(column_name::text order by column_name) as columns
     from information_schema.columns where table_schema = 'public' group by table_name`,
  );
  const names = [...backedUpTables.map(({ name }) => name), ...Object.keys(leftOut)];
  assert.deepEqual(rows.map(({ name }) => name).sort(), names.sort(), "sections and leftOut of tables.ts");
  const columns = new Map(rows.map((row) => [row.name, row.columns]));
  for (const table of backedUpTables)
    assert.deepEqual([...table.columns, ...table.without].sort(), columns.get(table.name), table.name);
  const migrations = await readdir(new URL("../../../migrations/", import.meta.url));
  assert.equal(schemaVersion, migrations.filter((name) => name.endsWith(".sql")).length, "schemaVersion of tables.ts");
});
