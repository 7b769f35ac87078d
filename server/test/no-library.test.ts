import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { atEnd } from "./support/at-end.ts";
import { runCommand } from "./support/command.ts";
import { testDatabase } from "./support/database.ts";
import { dataFolder } from "./support/server.ts";

async function refused(args: readonly string[], settings: Readonly<Record<string, string>>, words: RegExp) {
  const { code, stdout, stderr } = await runCommand(args, settings);
  assert.deepEqual([code, stdout], [1, ""], `${args.join(" ")}: ${stderr}`);
  assert.match(stderr, words);
  assert.equal(stderr.trim().split("\n").length, 1);
}

/** A database that nobody has made anything in. */
async function bareDatabase(t: TestContext): Promise<pg.Client> {
  const { url } = await testDatabase(t);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("drop schema public cascade; drop schema pgboss cascade; create schema public");
  atEnd(t, () => client.end());
  return client;
}

test("where there is no library, commands say so and make none: no folder, no schema, no store", async (t) => {
  const folder = await dataFolder(t);
  const nowhere = join(folder, "nowhere");
  const here = join(folder, "here");
  await mkdir(here);
  for (const args of [["jobs"], ["backup", "library.tar"]])
    await refused(args, { UTSURU_DATA: nowhere }, /^utsuru: There is no library in .*nowhere; UTSURU_DATA says where/);
  await refused(["doctor", "--repair"], { UTSURU_DATA: here }, /^utsuru: There is no library in .*here; UTSURU_DATA/);
  assert.equal(existsSync(nowhere), false);
  assert.deepEqual(await readdir(here), []);

  const client = await bareDatabase(t);
  const url = `postgres://${client.user}:${client.password}@${client.host}:${client.port}/${client.database}`;
  const bare = { UTSURU_DATA: here, UTSURU_DATABASE_URL: url };
  for (const args of [
    ["jobs", "retry"],
    ["restore", "--abandon"],
  ])
    await refused(
      args,
      bare,
      /^utsuru: There is no library in this database; UTSURU_DATABASE_URL, or else UTSURU_DATA/,
    );
  const { rows } = await client.query("select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'");
  assert.deepEqual(rows, [{ nspname: "public" }]);
  assert.equal((await client.query("select from pg_tables where schemaname = 'public'")).rows.length, 0);

  const settings = {
    UTSURU_DATABASE_URL: (await testDatabase(t)).url,
    UTSURU_DATA: here,
    UTSURU_BUCKET: pathToFileURL(nowhere).href,
  };
  await refused(["backup", "library.tar"], settings, /^utsuru: There is no folder for pictures at .*nowhere\.$/m);
  assert.equal(existsSync(nowhere), false);
});
