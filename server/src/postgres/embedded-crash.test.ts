import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { startEmbedded } from "./embedded.ts";
import { processesBelow, startAndKill, startLife } from "./testing/database-life.ts";

const onLinux = {
  skip: process.platform !== "linux" && "only Linux ends the database with the process that started it",
};

async function killPostmaster(directory: string): Promise<void> {
  process.kill(Number.parseInt(await readFile(join(directory, "cluster", "postmaster.pid"), "utf8"), 10), "SIGKILL");
}

test("twenty kills in a row lose no acknowledged row, fail no start and leave no process", async (t) => {
  const directory = join(await temporaryFolder(t), "database");
  const acknowledged = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const life = await startLife(directory, { first: round * 1_000_000 });
    const lost = [...acknowledged].filter((number) => !life.stored.has(number));
    assert.deepEqual(lost, []);
    await delay(randomInt(300));
    if (round % 4 === 3) await killPostmaster(directory); // together with Node: nothing is left to shut down in order
    for (const number of await life.end()) acknowledged.add(number);
  }
  t.diagnostic(`${acknowledged.size} rows acknowledged`);
  assert.ok(acknowledged.size > 0);
  await (await startEmbedded({ directory })).stop();
  if (process.platform === "linux") assert.deepEqual(await processesBelow(directory), []);
});

test("a kill while the database is made or starts leaves nothing that a later start stumbles over", async (t) => {
  const directory = join(await temporaryFolder(t), "database");
  for (let round = 0; round < 8; round++) await startAndKill(directory, 100 + round * 150);
  await (await startEmbedded({ directory })).stop();
  assert.deepEqual((await readdir(directory)).sort(), ["cluster", "lock", "log", "password"]);
});

test("the database ends by itself when the process that started it is killed", onLinux, async (t) => {
  const directory = join(await temporaryFolder(t), "database");
  const life = await startLife(directory);
  await life.end();
  const until = Date.now() + 20_000;
  while ((await processesBelow(directory)).length > 0) {
    assert.ok(Date.now() < until, "PostgreSQL still runs");
    await delay(50);
  }
});
