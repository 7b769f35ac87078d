import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { testDatabase } from "../../test/support/database.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type Database, openDatabase } from "./database.ts";
import { migrate } from "./migrate.ts";

/** A database that no migration has touched, and a folder that migrations can be put in. */
async function arrange(t: TestContext) {
  const { url } = await testDatabase(t);
  const database = openDatabase({ url });
  t.after(() => database.close());
  await database.query("drop schema public cascade", []);
  await database.query("create schema public", []);
  const path = await temporaryFolder(t);
  const put = (name: string, sql: string): Promise<void> => writeFile(join(path, name), sql);
  return { url, database, folder: pathToFileURL(`${path}/`), put };
}

async function tablesIn(database: Database): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    [],
  );
  return rows.map(({ name }) => name);
}

test("files are applied once each, in order, and later ones when they appear", async (t) => {
  const { database, folder, put } = await arrange(t);
  await put("0001_one.sql", "create table one (); create table also ();");
  await migrate(database, folder);
  await put("0002_two.sql", "alter table one rename to two");
  await migrate(database, folder);
  await migrate(database, folder);
  assert.deepEqual(await tablesIn(database), ["also", "migrations", "two"]);
});

test("ten servers that start at once apply each file once", async (t) => {
  const { url, database, folder, put } = await arrange(t);
  await put("0001_one.sql", "create table one (); select pg_sleep(0.2);");
  const servers = Array.from({ length: 10 }, () => openDatabase({ url, connectionsMax: 1 }));
  await Promise.all(servers.map((server) => migrate(server, folder)));
  await Promise.all(servers.map((server) => server.close()));
  assert.deepEqual(await tablesIn(database), ["migrations", "one"]);
});

test("a file that fails leaves the database as it was", async (t) => {
  const { database, folder, put } = await arrange(t);
  await put("0001_one.sql", "create table one ()");
  await put("0002_two.sql", "create table two (); select 1 / 0;");
  await assert.rejects(migrate(database, folder), { code: "22012" });
  assert.deepEqual(await tablesIn(database), []);
});

test("a file that was changed after it was applied stops the start in a sentence, other line ends do not", async (t) => {
  const { database, folder, put } = await arrange(t);
  await put("0001_one.sql", "create table one\n();\n");
  await migrate(database, folder);
  await put("0001_one.sql", "create table one\r\n();\r\n");
  await migrate(database, folder);
  await put("0001_one.sql", "create table one (id int);\n");
  await assert.rejects(migrate(database, folder), {
    name: "StartError",
    message: /^The migration 0001_one.sql was changed after/,
  });
});

test("a database that a newer program has migrated stops the start in a sentence", async (t) => {
  const { database, folder, put } = await arrange(t);
  await put("0001_one.sql", "create table one ()");
  await migrate(database, folder);
  await database.query("insert into migrations (version, name, sha256) values (2, '0002_two.sql', 'x')", []);
  await assert.rejects(migrate(database, folder), {
    name: "StartError",
    message: /^The database was migrated by a newer Utsuru \(0002_two.sql\)/,
  });
});

test("a gap in the numbers is a mistake of ours", async (t) => {
  const { database, folder, put } = await arrange(t);
  await put("0002_two.sql", "create table two ()");
  await assert.rejects(migrate(database, folder), /expected number 1, found 0002_two.sql/);
});
