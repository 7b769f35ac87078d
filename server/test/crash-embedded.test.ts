import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Answers, checkAnswers, useLibrary } from "./support/answers.ts";
import { newPerson, personWith } from "./support/person.ts";
import { dataFolder, startServer } from "./support/server.ts";

const { UTSURU_TEST_CRASH_ROUNDS: rounds = "48" } = process.env;
const kills = Math.ceil(Number(rounds) / 16);
const lifeMsMax = 1_500;

test(`everything embedded: over HTTP nothing that was answered is lost, killed ${kills} times, PostgreSQL with it`, async (t) => {
  const data = await dataFolder(t);
  const answers = new Answers();
  const { signal } = new AbortController(); // the kill ends it
  let server = await startServer(t, { data, embedded: true });
  let ada = await newPerson(server);
  for (let kill = 0; kill < kills; kill++) {
    const using = Promise.all([1, 2, 3].map(() => useLibrary(ada, answers, signal)));
    await delay(300 + randomInt(lifeMsMax));
    await server.stop("SIGKILL");
    await using;
    server = await startServer(t, { data, embedded: true });
    assert.deepEqual(await readdir(join(data, "staging")), []);
    assert.deepEqual(await readdir(join(data, "images", "~incoming")), []);
    ada = personWith(server.url, ada);
  }
  await checkAnswers(ada, answers);
  t.diagnostic(answers.summary());
  assert.ok(answers.kept.size > answers.gone.size);
});
