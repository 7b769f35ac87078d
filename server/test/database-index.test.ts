import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { testDatabase } from "./support/database.ts";
import { call, newPerson, personWith } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer, type TestServer } from "./support/server.ts";
import { shardedDatabase } from "./support/shards.ts";

/** Starts servers of one installation that keep no index, each with the data folder it is given. */
async function installation(t: TestContext): Promise<(data: string) => Promise<TestServer>> {
  const { url } = await testDatabase(t);
  const environment = {
    UTSURU_INDEX: "database",
    UTSURU_DATABASE_URL: url,
    UTSURU_BUCKET: `file://${await dataFolder(t)}`,
    UTSURU_SECRET: "the same thirty-two bytes for all",
  };
  return (data) => startServer(t, { data, environment, embedded: true });
}

test("servers without an index find copies in the database: what one takes in or deletes, the other knows at once", async (t) => {
  const start = await installation(t);
  const folder = await dataFolder(t);
  const [here, there] = [await start(folder), await start(await dataFolder(t))];
  const ada = await newPerson(here);
  const onThere = personWith(there.url, ada);
  const bob = await newPerson(there);
  const [first, hidden] = [await jpegOf(1), await jpegOf(2)];
  const image = (await ada.upload([{ name: "1.jpg", bytes: first }])).body.results[0].image;
  await ada.upload([{ name: "2.jpg", bytes: hidden }], { visibility: "private" });
  const copy = { name: "copy.webp", bytes: await drawing(1).flop().negate().webp({ quality: 50 }).toBuffer() };

  const found = await onThere.search(copy);
  assert.deepEqual(found.body.index, { images: 2, lagMs: 0 });
  assert.deepEqual(
    found.body.matches.map((match: { image: { id: string }; orientation: string; inverted: boolean }) => [
      match.image.id,
      match.orientation,
      match.inverted,
    ]),
    [[image.id, "flip-horizontal", true]],
  );
  assert.deepEqual((await bob.search({ name: "2.jpg", bytes: hidden })).body.matches, [], "private");
  assert.equal((await bob.search(copy)).body.index.images, 1);

  assert.equal((await onThere.call("DELETE", `/api/images/${image.id}`)).status, 204);
  assert.deepEqual((await ada.search(copy)).body.matches, []);
  assert.equal((await call(`${here.url}/readyz`)).status, 200);
  assert.match((await call(`${here.url}/metrics`)).body, /^utsuru_index_public_images 0$/m);
  assert.equal(await here.stop(), 0);
  assert.ok(!existsSync(join(folder, "index")), "there is nothing to keep a snapshot of");
});

test("a server whose fingerprints lie on three PostgreSQL servers takes in, finds, groups and deletes", async (t) => {
  const { url } = await shardedDatabase(t);
  const environment = { UTSURU_INDEX: "database", UTSURU_DATABASE_URL: url };
  const server = await startServer(t, { environment, embedded: true });
  const ada = await newPerson(server);
  const keep = async (bytes: Buffer): Promise<string> =>
    (await ada.upload([{ name: "a", bytes }])).body.results[0].image.id;
  const original = await keep(await jpegOf(1));
  const mirrored = await keep(await drawing(1).flop().png().toBuffer());
  for (const seed of [2, 3, 4, 5]) await keep(await jpegOf(seed));
  const found = await ada.search({ name: "q.webp", bytes: await drawing(1).rotate(180).webp().toBuffer() });
  const ids = found.body.matches.map((match: { image: { id: string } }) => match.image.id);
  assert.deepEqual(ids.sort(), [original, mirrored].sort());
  const groups = await ada.call("GET", "/api/duplicates");
  assert.deepEqual([groups.body.items.length, groups.body.items[0].head.id, groups.body.pending], [1, original, 0]);
  assert.equal((await ada.call("DELETE", `/api/images/${original}`)).status, 204);
  assert.equal((await ada.call("GET", `/api/images/${mirrored}/similar`)).body.matches.length, 0);
});

test("a server without an index finds what one with an index took in, and the other way round", async (t) => {
  const { url } = await testDatabase(t);
  const data = await dataFolder(t);
  const serve = (index: string) =>
    startServer(t, { data, environment: { UTSURU_INDEX: index, UTSURU_DATABASE_URL: url }, embedded: true });
  const withIndex = await serve("memory");
  const ada = await newPerson(withIndex);
  await ada.upload([{ name: "1.jpg", bytes: await jpegOf(1) }]);
  await withIndex.stop();
  const without = await serve("database");
  const onWithout = personWith(without.url, ada);
  assert.equal(
    (await onWithout.search({ name: "q.png", bytes: await drawing(1).png().toBuffer() })).body.matches.length,
    1,
  );
  await onWithout.upload([{ name: "2.jpg", bytes: await jpegOf(2) }]);
  await without.stop();
  const again = personWith((await serve("memory")).url, ada);
  assert.equal(
    (await again.search({ name: "q.png", bytes: await drawing(2).png().toBuffer() })).body.matches.length,
    1,
  );
});
