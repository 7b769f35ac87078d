import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { newPerson, type Person, personWith } from "./support/person.ts";
import { drawing } from "./support/pictures.ts";
import { dataFolder, startServer } from "./support/server.ts";

const { UTSURU_TEST_CRASH_ROUNDS: rounds = "48" } = process.env;
const kills = Math.ceil(Number(rounds) / 16);
const lifeMsMax = 1_500;

/** What a person was answered, by picture. */
interface Answers {
  readonly kept: Map<string, { readonly seed: number; readonly bytes: Buffer }>;
  readonly asked: Set<string>;
  readonly gone: Set<string>;
}

/** Small, so that many are sent before the server is killed. */
function pictureOf(seed: number): Promise<Buffer> {
  return drawing(seed, { width: 160, height: 120 }).jpeg({ quality: 80 }).toBuffer();
}

/** Uploads, and deletes some of what was answered, until the server is no longer there. */
async function useUntilKilled(ada: Person, { kept, asked, gone }: Answers, nextSeed: () => number): Promise<void> {
  try {
    for (;;) {
      const seed = nextSeed();
      const bytes = await pictureOf(seed);
      const { status, body } = await ada.upload([{ name: `${seed}.jpg`, bytes }]);
      assert.equal(status, 201);
      const { id } = body.results[0].image;
      kept.set(id, { seed, bytes });
      if (randomInt(3) > 0) continue;
      asked.add(id);
      assert.equal((await ada.call("DELETE", `/api/images/${id}`)).status, 204);
      gone.add(id);
    }
  } catch (error) {
    // `fetch` throws a TypeError when the connection breaks, which is what a killed server is.
    if (!(error instanceof TypeError)) throw error;
  }
}

async function checkAnswers(ada: Person, { kept, asked, gone }: Answers): Promise<void> {
  for (const [id, { seed, bytes }] of kept) {
    if (gone.has(id)) assert.equal((await ada.call("GET", `/api/images/${id}`)).status, 404);
    if (asked.has(id)) continue;
    const file = await ada.download(`/api/images/${id}/file`);
    assert.ok(file.bytes.equals(bytes), `${seed} came back otherwise`);
    const copy = await drawing(seed, { width: 160, height: 120 }).flop().jpeg({ quality: 60 }).toBuffer();
    const { body } = await ada.search({ name: "copy.jpg", bytes: copy });
    assert.ok(
      body.matches.some((match: { image: { id: string } }) => match.image.id === id),
      `${seed} is not found`,
    );
  }
}

test(`everything embedded: over HTTP nothing that was answered is lost, killed ${kills} times, PostgreSQL with it`, async (t) => {
  const data = await dataFolder(t);
  const answers: Answers = { kept: new Map(), asked: new Set(), gone: new Set() };
  let server = await startServer(t, { data, embedded: true });
  let ada = await newPerson(server);
  let seed = 1;
  for (let kill = 0; kill < kills; kill++) {
    const using = Promise.all([1, 2, 3].map(() => useUntilKilled(ada, answers, () => seed++)));
    await delay(300 + randomInt(lifeMsMax));
    await server.stop("SIGKILL");
    await using;
    server = await startServer(t, { data, embedded: true });
    assert.deepEqual(await readdir(join(data, "staging")), []);
    assert.deepEqual(await readdir(join(data, "images", "~incoming")), []);
    ada = personWith(server.url, ada);
  }
  await checkAnswers(ada, answers);
  t.diagnostic(`${answers.kept.size} kept, ${answers.gone.size} deleted`);
  assert.ok(answers.kept.size > answers.gone.size);
});
