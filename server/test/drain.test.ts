import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Answers, checkAnswers, checkLibrary, isLongRun, useLibrary } from "./support/answers.ts";
import { testDatabase } from "./support/database.ts";
import { jobOver, smallPictures } from "./support/jobs.ts";
import { newPerson, personWith } from "./support/person.ts";
import { dataFolder, startServer } from "./support/server.ts";

test("a server that is told to end under load keeps all that it answered, refuses the rest clearly, and ends with 0", async (t) => {
  const data = await dataFolder(t);
  const environment = {
    UTSURU_DATABASE_URL: (await testDatabase(t)).url,
    UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href,
  };
  const answers = new Answers();
  let server = await startServer(t, { data, environment, embedded: true });
  const ada = await newPerson(server);
  const promised = [];
  for (let time = 0; time < (isLongRun ? 3 : 1); time++) {
    const person = personWith(server.url, ada);
    const never = new AbortController().signal;
    const using = Promise.all(Array.from({ length: 6 }, () => useLibrary(person, answers, never)));
    const { status, body } = await person.uploadLater(await smallPictures(6));
    assert.equal(status, 202);
    promised.push(body.id);
    for (const before = answers.kept.size; answers.kept.size < before + 4; ) await delay(20);
    assert.equal(await server.stop(), 0);
    await using;
    assert.equal(server.log(), "");
    server = await startServer(t, { data, environment, embedded: true });
  }
  const after = personWith(server.url, ada);
  for (const id of promised) assert.equal((await jobOver(after, id)).state, "done");
  t.diagnostic(answers.summary());
  await checkAnswers(after, answers);
  await server.stop();
  await checkLibrary(environment);
});
