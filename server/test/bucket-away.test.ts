import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { bucketName, cloudServers, settingsOf } from "../src/buckets/testing/cloud-servers.ts";
import { startFaultyProxy } from "../src/buckets/testing/faulty-proxy.ts";
import { Answers, checkAnswers, checkLibrary, faultMs, isLongRun, uploadOne, useLibrary } from "./support/answers.ts";
import { atEnd } from "./support/at-end.ts";
import { testDatabase } from "./support/database.ts";
import { call, newPerson } from "./support/person.ts";
import { startServer } from "./support/server.ts";

const patienceMs = 60_000;

/** A server whose bucket is behind a network that can fail, and three hands of a person at work on it. */
async function start(t: TestContext, kind: (typeof cloudServers)[number]) {
  const store = await kind.start();
  atEnd(t, () => store.stop());
  const proxy = await startFaultyProxy(store.endpoint, 20_261_125);
  atEnd(t, () => proxy.stop());
  const { url } = await testDatabase(t);
  const shared = { UTSURU_DATABASE_URL: url, UTSURU_BUCKET: `${kind.scheme}://${bucketName}/away` };
  const environment = { ...shared, ...settingsOf(kind.scheme, proxy.endpoint) };
  const server = await startServer(t, { embedded: true, environment });
  const direct = { ...shared, ...settingsOf(kind.scheme, store.endpoint) };
  return { server, proxy, direct };
}

for (const kind of cloudServers) {
  if (kind !== cloudServers[0] && !isLongRun) continue; // the bucket itself is tried against all of them in every run
  test(`a bucket that fails half of the time, is slow and then away loses nothing, and is used again by itself: ${kind.name}`, {
    skip: kind.missing ?? false,
  }, async (t) => {
    const { server, proxy, direct } = await start(t, kind);
    const ada = await newPerson(server);
    const answers = new Answers();
    for (let i = 0; i < 3; i++) assert.ok(await uploadOne(ada, answers));
    const stop = new AbortController();
    const using = Promise.all([1, 2, 3].map(() => useLibrary(ada, answers, stop.signal)));
    proxy.spoil(0.5);
    await delay(faultMs);
    proxy.spoil(0);
    proxy.slow(700);
    await delay(faultMs);
    proxy.slow(0);
    proxy.cut(true);
    await delay(faultMs);
    assert.equal((await ada.call("GET", "/api/images")).status, 200); // what needs no bucket is served
    assert.equal((await call(`${server.url}/readyz`)).status, 503);
    assert.equal(
      answers.note(await ada.upload([{ name: "a.jpg", bytes: (await answers.nextPicture()).bytes }]), []),
      false,
    );
    stop.abort();
    await using;
    proxy.cut(false);
    for (const end = Date.now() + patienceMs; (await uploadOne(ada, answers)) === undefined; await delay(100))
      assert.ok(Date.now() < end, "the bucket is not used again");
    t.diagnostic(answers.summary());
    await checkAnswers(ada, answers);
    await server.stop();
    await checkLibrary(direct);
  });
}
