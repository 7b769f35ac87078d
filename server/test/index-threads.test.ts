import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testDatabase } from "./support/database.ts";
import { call, newPerson, personWith } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer } from "./support/server.ts";

test("a server whose index is shared out among threads finds uploads at once, forgets deletions, and comes back", async (t) => {
  const data = await dataFolder(t);
  const { url } = await testDatabase(t);
  const environment = { UTSURU_INDEX_THREADS: "2", UTSURU_DATABASE_URL: url };
  const start = () => startServer(t, { data, environment, embedded: true });
  const server = await start();
  const ada = await newPerson(server);
  const ids: string[] = [];
  for (let seed = 1; seed <= 4; seed++) {
    const { body } = await ada.upload([{ name: `${seed}.jpg`, bytes: await jpegOf(seed) }]);
    ids.push(body.results[0].image.id);
    assert.deepEqual(await found(ada, seed), [ids.at(-1)]);
  }
  assert.equal((await ada.call("DELETE", `/api/images/${ids[0]}`)).status, 204);
  assert.deepEqual(await found(ada, 1), []);
  assert.equal((await call(`${server.url}/readyz`)).status, 200);
  assert.equal(await server.stop(), 0);
  for (const name of await readdir(join(data, "index"))) assert.match(name, /^snapshot-[12]-of-2$/);

  const again = personWith((await start()).url, ada);
  for (const seed of [2, 3, 4]) assert.deepEqual(await found(again, seed), [ids[seed - 1]]);
  assert.deepEqual(await found(again, 1), []);
});

/** The images found by a mirrored copy of a drawing. */
async function found(person: Awaited<ReturnType<typeof newPerson>>, seed: number): Promise<string[]> {
  const bytes = await drawing(seed).flop().webp({ quality: 60 }).toBuffer();
  const { body } = await person.search({ name: "copy.webp", bytes });
  return body.matches.map((match: { image: { id: string } }) => match.image.id);
}
