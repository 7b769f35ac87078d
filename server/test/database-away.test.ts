import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { startFaultyProxy } from "../src/buckets/testing/faulty-proxy.ts";
import { Answers, checkAnswers, checkLibrary, faultMs, uploadOne, useLibrary } from "./support/answers.ts";
import { atEnd } from "./support/at-end.ts";
import { testDatabase } from "./support/database.ts";
import { jobOver, smallPictures } from "./support/jobs.ts";
import { call, newPerson } from "./support/person.ts";
import { dataFolder, startServer } from "./support/server.ts";

const patienceMs = 60_000;

/** A server whose database is behind a network that can fail. */
async function start(t: TestContext) {
  const { url } = await testDatabase(t);
  const proxy = await startFaultyProxy(url, 1);
  atEnd(t, () => proxy.stop());
  const behind = new URL(url);
  behind.port = new URL(proxy.endpoint).port;
  const bucket = { UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href };
  const environment = { ...bucket, UTSURU_DATABASE_URL: behind.href };
  const server = await startServer(t, { embedded: true, environment });
  return { server, proxy, direct: { ...bucket, UTSURU_DATABASE_URL: url } };
}

test("a database that goes away amid uploads, deletions and searches loses nothing, and is used again by itself", async (t) => {
  const { server, proxy, direct } = await start(t);
  const ada = await newPerson(server);
  const answers = new Answers();
  for (let i = 0; i < 3; i++) assert.ok(await uploadOne(ada, answers));
  const stop = new AbortController();
  const using = Promise.all([1, 2, 3].map(() => useLibrary(ada, answers, stop.signal)));
  const promised = await ada.uploadLater(await smallPictures(8));
  assert.equal(promised.status, 202);
  await delay(1_000);
  proxy.cut(true);
  await delay(faultMs);
  assert.equal((await call(`${server.url}/healthz`)).status, 200);
  assert.equal((await call(`${server.url}/readyz`)).status, 503);
  const keptBefore = answers.kept.size;
  await delay(200);
  assert.equal(answers.kept.size, keptBefore);
  proxy.cut(false);
  for (const end = Date.now() + patienceMs; (await uploadOne(ada, answers)) === undefined; await delay(100))
    assert.ok(Date.now() < end, "the database is not used again");
  stop.abort();
  await using;
  t.diagnostic(answers.summary());
  assert.ok((answers.statuses[503] ?? 0) > 0);
  const { state, results } = await jobOver(ada, promised.body.id);
  assert.equal(state, "done");
  assert.ok(results.every(({ status }: { status: string }) => status === "created"));
  await checkAnswers(ada, answers);
  await server.stop();
  await checkLibrary(direct);
});
