import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { featuresVersion } from "@utsuru/core/local-features";
import { testDatabase } from "../../test/support/database.ts";
import type { FeatureEntry } from "../ports.ts";
import { type Connection, openDatabase } from "./database.ts";
import { openFeatureCatalog } from "./followed-catalog.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";

/** A library with so many images without features. */
async function arrange(t: TestContext, count: number) {
  const { url } = await testDatabase(t);
  const follower = openFeatureCatalog({ url });
  const database = openDatabase({ url, connectionsMax: 2 });
  t.after(() => Promise.all([follower.close(), database.close()]));
  const owner = await insertUser(database);
  const ids = (await insertImages(database, owner, count)).sort();
  return { follower, database, ids };
}

function someFeatures(version = featuresVersion): Buffer {
  return Buffer.concat([Buffer.from([version]), randomBytes(7987)]);
}

/** As images and what is derived from them are written, without their announcement. */
async function put(on: Connection, imageId: string, packed: Buffer): Promise<void> {
  await on.query(
    `insert into local_features (image_id, version, packed) select id, $2, $3 from images where id = $1
     on conflict (image_id) do update set version = excluded.version, packed = excluded.packed`,
    [imageId, packed[0], packed],
  );
}

async function entriesOf({ images }: { images: { entries(): AsyncIterable<readonly FeatureEntry[]> } }) {
  const entries: FeatureEntry[] = [];
  for await (const batch of images.entries()) entries.push(...batch);
  return entries;
}

test("features are kept as they are, anew in place of the former, and go with their image", async (t) => {
  const { follower, database, ids } = await arrange(t, 2);
  const [one = "", other = ""] = ids;
  const [former, features] = [someFeatures(), someFeatures()];
  for (const packed of [former, features]) await put(database, one, packed);
  await put(database, other, someFeatures());
  await database.query("delete from images where id = $1", [other]);
  await put(database, other, someFeatures());
  assert.deepEqual(await entriesOf(follower), [{ imageId: one, audience: 0, features }]);
});

test("a follower is told of features that came, changed or went with their image", async (t) => {
  const { follower, database, ids } = await arrange(t, 2);
  const [one = "", other = ""] = ids;
  const from = await follower.changes.position();
  const features = someFeatures();
  await put(database, one, features);
  await database.query("update images set visibility = 'private' where id = $1", [other]);
  await database.query("delete from images where id = $1", [other]);
  for await (const event of follower.changes.follow(from, AbortSignal.timeout(20_000))) {
    if (event.kind !== "changes") break;
    const told = [...event.changes].sort((a, b) => (a.imageId < b.imageId ? -1 : 1));
    assert.deepEqual(told.at(0), { imageId: one, entry: { imageId: one, audience: 0, features } });
    assert.deepEqual(told.at(-1), { imageId: other, entry: undefined });
  }
});

test("features of another version count as none", async (t) => {
  const { follower, database, ids } = await arrange(t, 1);
  const [id = ""] = ids;
  const from = await follower.changes.position();
  await put(database, id, someFeatures(featuresVersion + 1));
  assert.deepEqual(await entriesOf(follower), []);
  for await (const event of follower.changes.follow(from, AbortSignal.timeout(20_000))) {
    if (event.kind !== "changes") break;
    assert.deepEqual(event.changes, [{ imageId: id, entry: { imageId: id, audience: 0, features: undefined } }]);
  }
});
