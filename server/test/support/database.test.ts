import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { testDatabase } from "./database.ts";

const moduleUrl = new URL("database.ts", import.meta.url).href;

async function isAnswering(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function folderOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
  await client.end();
  return rows[0]?.folder ?? "";
}

const onLinux = {
  skip: process.platform !== "linux" && "only Linux ends the database with the process that started it",
};

test("a test run that is killed leaves no server, and its folder to the next run", onLinux, async (t) => {
  const program = `import { test } from "node:test"; import { testDatabase } from ${JSON.stringify(moduleUrl)};
    test("t", async (t) => { console.log("url:" + (await testDatabase(t)).url); await new Promise((r) => setTimeout(r, 60000)); });`;
  const run = spawn(process.execPath, ["--input-type=module", "--eval", program]);
  t.after(() => run.kill("SIGKILL"));
  let output = "";
  while (!/url:.*\n/.test(output)) output += String((await once(run.stdout, "data"))[0]);
  const url = /url:(.*)\n/.exec(output)?.[1] ?? "";
  const folder = await folderOf(url);
  // A killed process counts as alive until its parent has been told: only then may its folder be taken.
  const exited = once(run, "exit");
  run.kill("SIGKILL");
  await exited;
  const until = Date.now() + 20_000;
  while (await isAnswering(url)) {
    assert.ok(Date.now() < until, "the server still runs");
    await delay(50);
  }
  await testDatabase(t);
  assert.equal(existsSync(folder), false);
});

test("each test has a database of its own, with the schema and nothing in it", async (t) => {
  const [one, other] = [await testDatabase(t), await testDatabase(t)];
  assert.notEqual(one.url, other.url);
  const client = new pg.Client({ connectionString: one.url });
  await client.connect();
  const { rows } = await client.query(
    "select (select count(*) from users) as users, (select count(*) from images) as images",
  );
  await client.end();
  assert.deepEqual(rows, [{ users: "0", images: "0" }]);
});
