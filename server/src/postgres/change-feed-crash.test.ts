import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { Failure } from "../errors.ts";
import type { Catalog } from "../ports.ts";
import { openCatalog } from "./catalog.ts";
import { openDatabase } from "./database.ts";
import { startEmbedded } from "./embedded.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";

async function idsIn(catalog: Catalog): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of catalog.images.entries()) ids.push(...batch.map(({ imageId }) => imageId));
  return ids.sort();
}

/** Keeps a set of the images there are, by the feed alone. */
function mirror(catalog: Catalog, from: string, signal: AbortSignal) {
  const present = new Set<string>();
  const state = { asOf: new Date(0) };
  const running = (async () => {
    for await (const event of catalog.changes.follow(from, signal)) {
      assert.notEqual(event.kind, "lost");
      if (event.kind === "reached") state.asOf = event.asOf;
      if (event.kind !== "changes") continue;
      for (const { imageId, entry } of event.changes) entry ? present.add(imageId) : present.delete(imageId);
    }
  })();
  return { present, state, running };
}

/** Whether there was one to kill: after the last kill it may not be back yet. */
async function killPostmaster(directory: string): Promise<boolean> {
  try {
    const file = await readFile(join(directory, "cluster", "postmaster.pid"), "utf8");
    return process.kill(Number.parseInt(file, 10), "SIGKILL");
  } catch {
    return false;
  }
}

test("a follower mirrors the database through kills of it under load", async (t) => {
  const directory = await temporaryFolder(t);
  const { url, stop } = await startEmbedded({ directory });
  const catalog = await openCatalog({ url });
  const database = openDatabase({ url });
  const owner = await insertUser(database);
  const [following, writing] = [new AbortController(), new AbortController()];
  t.after(async () => {
    writing.abort();
    following.abort();
    await Promise.all([catalog.close(), database.close()]);
    await stop();
  });
  const { present, state, running } = mirror(catalog, await catalog.changes.position(), following.signal);
  const write = async (): Promise<void> => {
    while (!writing.signal.aborted) {
      try {
        const [id] = await insertImages(database, owner, randomInt(1, 4));
        if (randomInt(3) === 0) await database.query("delete from images where id = $1", [id]);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        await delay(20);
      }
    }
  };
  let kills = 0;
  const writers = Array.from({ length: 5 }, write);
  for (let round = 0; round < 5; round++) {
    await delay(1_000);
    if (await killPostmaster(directory)) kills++;
  }
  await delay(1_500);
  writing.abort();
  await Promise.all(writers);
  const written = new Date();
  while (state.asOf <= written) await delay(20);
  assert.deepEqual([...present].sort(), await idsIn(catalog));
  t.diagnostic(`${kills} kills, ${present.size} images`);
  assert.ok(kills > 0 && present.size > 0);
  following.abort();
  await running;
});
