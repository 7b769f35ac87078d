import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chown, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type EmbeddedDatabase, startEmbedded } from "./embedded.ts";

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

/** A database made and stopped again: a folder for tests of what later starts do with it. */
async function stoppedDatabase(t: TestContext): Promise<string> {
  const directory = await temporaryFolder(t);
  await (await startEmbedded({ directory })).stop();
  return directory;
}

async function started(t: TestContext, directory: string): Promise<EmbeddedDatabase> {
  const database = await startEmbedded({ directory });
  t.after(() => database.stop());
  return database;
}

test("a first start makes the database, a second one finds what the first one kept", async (t) => {
  const directory = await temporaryFolder(t);
  const first = await startEmbedded({ directory });
  await ask(first.url, "create table kept as select 42 as answer");
  await first.stop();
  await assert.rejects(ask(first.url, "select 1"), { code: "ECONNREFUSED" });
  const second = await started(t, directory);
  assert.deepEqual(await ask(second.url, "select answer from kept"), [42]);
});

test("the database is durable, checks its pages, sorts alike everywhere and asks for a password", async (t) => {
  const { url } = await started(t, await temporaryFolder(t));
  const names = ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"];
  assert.deepEqual(await ask(url, `select setting from pg_settings where name in ('${names.join("','")}')`), [
    ...names.map(() => "on"),
  ]);
  const locale =
    "select datlocprovider, datlocale, pg_encoding_to_char(encoding) from pg_database where datname = 'postgres'";
  assert.deepEqual(await ask(url, locale), ["b", "C.UTF-8", "UTF8"]);
  const stranger = new URL(url);
  stranger.password = "guess";
  await assert.rejects(ask(stranger.href, "select 1"), { code: "28P01" });
});

test("what is secret is the owner's alone to read", async (t) => {
  const directory = await stoppedDatabase(t);
  for (const [name, mode] of [
    ["password", 0o600],
    ["log", 0o600],
    ["cluster", 0o700],
  ] as const) {
    assert.equal((await stat(join(directory, name))).mode & 0o777, mode, name);
  }
  assert.ok(
    !(await readFile(join(directory, "log"), "utf8")).includes(await readFile(join(directory, "password"), "utf8")),
  );
});

test("a second server on the folder is refused in a sentence, and does not disturb the first", async (t) => {
  const directory = await temporaryFolder(t);
  const { url } = await started(t, directory);
  await assert.rejects(startEmbedded({ directory }), { name: "StartError", message: /^Another Utsuru works on / });
  assert.deepEqual(await ask(url, "select 1"), [1]);
});

test("a database that was killed is started again under the same URL", async (t) => {
  const directory = await temporaryFolder(t);
  const warnings: string[] = [];
  const database = await startEmbedded({ directory, warn: (sentence) => warnings.push(sentence) });
  t.after(() => database.stop());
  await ask(database.url, "create table kept as select 42 as answer");
  const pid = Number.parseInt(await readFile(join(directory, "cluster", "postmaster.pid"), "utf8"), 10);
  process.kill(pid, "SIGKILL");
  const until = Date.now() + 20_000;
  let answer: unknown[] = [];
  while (answer.length === 0 && Date.now() < until) {
    await delay(50);
    answer = await ask(database.url, "select answer from kept").catch(() => []);
  }
  assert.deepEqual(answer, [42]);
  assert.deepEqual(warnings, ["The embedded PostgreSQL ended by itself; it is being started again."]);
});

test("stopping twice, and stopping while it starts again, both end in peace", async (t) => {
  const directory = await temporaryFolder(t);
  const database = await startEmbedded({ directory });
  const pid = Number.parseInt(await readFile(join(directory, "cluster", "postmaster.pid"), "utf8"), 10);
  process.kill(pid, "SIGKILL");
  await delay(20);
  await Promise.all([database.stop(), database.stop()]);
  assert.ok(!(await readdir(join(directory, "cluster"))).includes("postmaster.pid") || !isAlive(pid));
});

test("a database of another PostgreSQL version is refused in a sentence", async (t) => {
  const directory = await stoppedDatabase(t);
  await writeFile(join(directory, "cluster", "PG_VERSION"), "14\n");
  await assert.rejects(startEmbedded({ directory }), { name: "StartError", message: /made by PostgreSQL 14/ });
});

test("a lost password file is named", async (t) => {
  const directory = await stoppedDatabase(t);
  await rm(join(directory, "password"));
  await assert.rejects(startEmbedded({ directory }), { name: "StartError", message: /password is gone/ });
});

test("a stale pid file that names some other living process of the same user does not hinder the start", async (t) => {
  const directory = await stoppedDatabase(t);
  const { uid, gid } = await stat(join(directory, "cluster"));
  const stranger = spawn("sleep", ["60"], process.getuid?.() === 0 ? { uid, gid } : {});
  t.after(() => stranger.kill("SIGKILL"));
  const stale = `${stranger.pid}\n${join(directory, "cluster")}\n1764000000\n5432\n\n127.0.0.1\n  1 1\nready   \n`;
  await writeFile(join(directory, "cluster", "postmaster.pid"), stale);
  const { url } = await started(t, directory);
  assert.deepEqual(await ask(url, "select 1"), [1]);
  assert.ok(isAlive(stranger.pid as number));
});

const asRoot = { skip: process.getuid?.() !== 0 && "runs as root" };

test("a database that was copied by root, and so belongs to root, is started all the same", asRoot, async (t) => {
  const directory = await stoppedDatabase(t);
  const cluster = join(directory, "cluster");
  for (const name of ["", ...(await readdir(cluster, { recursive: true }))]) await chown(join(cluster, name), 0, 0);
  const { url } = await started(t, directory);
  assert.deepEqual(await ask(url, "select 1"), [1]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
