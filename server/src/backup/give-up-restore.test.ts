import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import pg from "pg";
import { abandonRestore, keepRestored } from "./give-up-restore.ts";
import {
  addImage,
  addPerson,
  backUp,
  contentOf,
  emptyLibrary,
  fileFor,
  imagesOf,
  keysIn,
  type Library,
  libraryOf,
  restore,
} from "./testing/small-library.ts";

const options = { signal: new AbortController().signal, onProgress: () => {} };

/** A backup of two parts with images, and a library to which the first and half of the second were restored. */
async function interrupted(t: TestContext): Promise<{ library: Library; other: Library; file: string }> {
  const [library, other, file] = [await libraryOf(t, 68), await emptyLibrary(t), await fileFor(t)];
  await backUp(library, file);
  let puts = 0;
  const put: Library["bucket"]["put"] = async (...args) => {
    if (++puts > 132) throw new Error("dead");
    return other.bucket.put(...args);
  };
  await assert.rejects(restore({ ...other, bucket: { ...other.bucket, put } }, file), /dead/);
  assert.equal(await other.catalog.records.count(), 64);
  return { library, other, file };
}

/** As if servers had had the time to hear of what was taken out. */
async function letTimePass({ settings }: Library): Promise<void> {
  const client = new pg.Client({ connectionString: settings.UTSURU_DATABASE_URL });
  await client.connect();
  await client.query("update restores set ended_at = ended_at - interval '5 min'");
  await client.end();
}

test("a restore that is abandoned leaves nothing, and another backup of the same images is restored in its place", async (t) => {
  const { library, other, file } = await interrupted(t);
  assert.ok((await keysIn(other)).length > 128);
  const taken = await abandonRestore(other, options);
  assert.deepEqual([taken.images, taken.left], [64, { people: 0, images: 0 }]);
  assert.deepEqual(await keysIn(other), []);
  assert.equal(await other.catalog.objects.giveUpOldPuts(9), 0);
  assert.deepEqual(await other.catalog.objects.takeDeletions(9), []);
  await assert.rejects(abandonRestore(other, options), /no unfinished restore/);
  await assert.rejects(restore(other, file), /abandoned here a moment ago, .* run this again in (300|29\d) s\.$/);
  await letTimePass(other);
  const older = `${file}.older`;
  await backUp(library, older);
  assert.equal((await restore(other, older)).images, 68);
  assert.deepEqual(await contentOf(other), await contentOf(library));
  await assert.rejects(restore(other, file), /not empty/);
});

test("what was uploaded meanwhile stays, with its owner", async (t) => {
  const { library, other } = await interrupted(t);
  const [first] = await imagesOf(library);
  assert.ok(first);
  const [{ owner } = first] = await imagesOf(other);
  const user = { id: owner.id, email: "", createdAt: new Date(), audience: owner.audience };
  const own = await addImage(other, user);
  const guest = await addPerson(other);
  assert.deepEqual((await abandonRestore(other, options)).left, { people: 2, images: 1 });
  assert.deepEqual(await keysIn(other), Object.values(own.keys).sort());
  assert.ok(await other.catalog.accounts.findUser(guest.email));
});

test("abandoning goes on where it ended, and nothing else goes on meanwhile", async (t) => {
  const { other, file } = await interrupted(t);
  for (const last of [0, 3, 40, 150]) {
    let deletions = 0;
    const dying = async (key: string): Promise<void> => {
      if (++deletions > last) throw new Error("dead");
      await other.bucket.delete(key);
    };
    await assert.rejects(abandonRestore({ ...other, bucket: { delete: dying } }, options), /dead/);
    // What it has taken out is noted until it is deleted.
    assert.equal(await other.catalog.objects.giveUpOldPuts(9), 0);
    const keys = await keysIn(other);
    assert.deepEqual([...(await other.catalog.records.reasons(keys)).keys()].sort(), keys);
    await assert.rejects(restore(other, file), /is being given up: run utsuru restore --abandon or --keep once more/);
    await assert.rejects(backUp(other, `${file}.other`), /being restored to this library/);
  }
  assert.deepEqual((await abandonRestore(other, options)).left, { people: 0, images: 0 });
  assert.deepEqual(await keysIn(other), []);
});

test("a restore that is at work when it is given up ends, and adds nothing any more", async (t) => {
  const { other, file } = await interrupted(t);
  let isGivenUp = false;
  const put: Library["bucket"]["put"] = async (...args) => {
    if (!isGivenUp) {
      isGivenUp = true;
      await keepRestored(other);
    }
    return other.bucket.put(...args);
  };
  await assert.rejects(restore({ ...other, bucket: { ...other.bucket, put } }, file), /or it was given up/);
  assert.equal(await other.catalog.records.count(), 64);
});

test("what an interrupted restore brought in can be kept: whole images, and a library like any other", async (t) => {
  const { other, file } = await interrupted(t);
  const before = await contentOf(other);
  assert.equal((await keepRestored(other)).images, 64);
  assert.deepEqual(await contentOf(other), before);
  assert.equal((await keysIn(other)).length, 128);
  await assert.rejects(restore(other, file), /not empty: accounts 2, images 64/);
  const third = await emptyLibrary(t);
  await backUp(other, `${file}.kept`);
  assert.equal((await restore(third, `${file}.kept`)).images, 64);
});
