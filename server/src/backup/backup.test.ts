import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { Backups, Bucket } from "../ports.ts";
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

test("a restored library has the same rows and bytes, and what it had of other moments is not in it", async (t) => {
  const [library, other, file] = [await libraryOf(t, 5), await emptyLibrary(t), await fileFor(t)];
  const report = await backUp(library, file);
  assert.deepEqual([report.images, report.objects, report.problems.length], [5, 10, 0]);
  const before = await contentOf(library);
  await addImage(library, await addPerson(library));
  const { images, objects, present } = await restore(other, file);
  assert.deepEqual([images, objects, present], [5, 10, 0]);
  assert.deepEqual(await contentOf(other), before);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test("an empty library is backed up and restored", async (t) => {
  const [library, other, file] = [await emptyLibrary(t), await emptyLibrary(t), await fileFor(t)];
  await backUp(library, file);
  assert.equal((await restore(other, file)).images, 0);
});

test("an image that is deleted before it is read is left out with its rows; the rest is whole", async (t) => {
  const [library, other, file] = [await libraryOf(t, 4), await emptyLibrary(t), await fileFor(t)];
  const [first, second] = await imagesOf(library);
  assert.ok(first && second);
  const remove = async ({ id, owner, keys }: typeof first): Promise<void> => {
    await library.catalog.images.remove(id, owner.id);
    for (const key of Object.values(keys)) await library.bucket.delete(key);
  };
  const deleting: Bucket = {
    ...library.bucket,
    get: async (key, options) => {
      if (key === first.keys.original) await remove(first);
      if (key === second.keys.thumbnail) await remove(second);
      return library.bucket.get(key, options);
    },
  };
  const report = await backUp({ ...library, bucket: deleting }, file);
  assert.deepEqual([report.images, report.deletedMeanwhile, report.problems], [2, 2, []]);
  await restore(other, file);
  assert.deepEqual(await contentOf(other), await contentOf(library));
});

test("a lost original is told and left out; of an image with a damaged thumbnail the rest is kept", async (t) => {
  const [library, other, file] = [await libraryOf(t, 3), await emptyLibrary(t), await fileFor(t)];
  const [lost, damaged, whole] = await imagesOf(library);
  assert.ok(lost && damaged && whole);
  await library.bucket.delete(lost.keys.original);
  await library.bucket.delete(damaged.keys.thumbnail);
  await library.bucket.put(damaged.keys.thumbnail, { content: randomBytes(90) }, { contentType: "image/webp" });
  const { problems, ...report } = await backUp(library, file);
  assert.deepEqual(
    problems.map(({ imageId, key }) => [imageId, key]).sort(),
    [
      [lost.id, lost.keys.original],
      [damaged.id, damaged.keys.thumbnail],
    ].sort(),
  );
  assert.deepEqual([report.images, report.objects], [2, 3]);
  const { images: restored, withoutThumbnail } = await restore(other, file);
  assert.deepEqual([restored, withoutThumbnail], [2, 1]);
  assert.deepEqual((await keysIn(other)).sort(), [damaged.keys.original, ...Object.values(whole.keys)].sort());
});

test("a library that has anything is not restored to; the same backup twice changes nothing", async (t) => {
  const [library, other, file] = [await libraryOf(t, 2), await emptyLibrary(t), await fileFor(t)];
  const ada = await addPerson(other);
  await assert.rejects(
    restore(other, file).catch(() => restore(library, file)),
    /cannot be read/,
  );
  await backUp(library, file);
  await assert.rejects(restore(other, file), /not empty: accounts 1, images 0/);
  await addImage(other, ada);
  await assert.rejects(restore(other, file), /not empty: accounts 1, images 1/);
  const third = await emptyLibrary(t);
  assert.equal((await restore(third, file)).restoredBefore, undefined);
  assert.ok((await restore(third, file)).restoredBefore);
  assert.deepEqual(await contentOf(third), await contentOf(library));
});

/** The library, whose user is gone after so many calls that matter to a restore. */
function dyingAfter(library: Library, calls: number): Library {
  let left = calls;
  const mortal =
    <In extends readonly unknown[], Out>(call: (...args: In) => Promise<Out>) =>
    async (...args: In): Promise<Out> => {
      if (left-- <= 0) throw new Error("dead");
      const answer = await call(...args);
      if (left-- <= 0) throw new Error("dead");
      return answer;
    };
  const { backups } = library.catalog;
  const dying: Backups = {
    ...backups,
    begin: mortal(backups.begin),
    notePuts: mortal(backups.notePuts),
    addPart: mortal(backups.addPart),
    finish: mortal(backups.finish),
  };
  let puts = 0;
  const put = mortal(library.bucket.put);
  const bucket: Bucket = {
    ...library.bucket,
    put: (...args) => (puts++ % 16 === 0 ? put(...args) : library.bucket.put(...args)),
  };
  return { ...library, catalog: { ...library.catalog, backups: dying }, bucket };
}

test("a restore that ends at any step leaves whole images only, and goes on when it is run again", async (t) => {
  const [library, other, file] = [await libraryOf(t, 67), await emptyLibrary(t), await fileFor(t)];
  await backUp(library, file);
  const expected = await contentOf(library);
  let calls = 0;
  for (let isDone = false; !isDone; calls += 1 + (calls >> 2)) {
    isDone = await restore(dyingAfter(other, calls), file).then(
      () => true,
      (error: Error) => {
        assert.equal(error.message, "dead");
        return false;
      },
    );
    assert.ok([0, 64, 67].includes(await other.catalog.records.count()));
    // What it has put is noted until it goes on, however long that takes.
    await other.catalog.objects.giveUpOldPuts(100);
    assert.deepEqual(await other.catalog.objects.takeDeletions(100), []);
    const reasons = await other.catalog.records.reasons(await keysIn(other));
    assert.deepEqual(
      (await keysIn(other)).filter((key) => !reasons.has(key)),
      [],
    );
  }
  assert.deepEqual(await contentOf(other), expected);
});

test("while a restore is unfinished, the library can be neither backed up nor given another backup", async (t) => {
  const [library, other, file] = [await libraryOf(t, 2), await emptyLibrary(t), await fileFor(t)];
  await backUp(library, file);
  await assert.rejects(restore(dyingAfter(other, 4), file), /dead/);
  await assert.rejects(backUp(other, `${file}.other`), /being restored to this library/);
  const another = await fileFor(t);
  await backUp(library, another);
  await assert.rejects(restore(other, another), /Another backup \([0-9a-f-]+\) is being restored/);
  await restore(other, file);
});

test("what an owner uploaded here while it was restored stays, and the backup's copy goes", async (t) => {
  const [library, other, file] = [await emptyLibrary(t), await emptyLibrary(t), await fileFor(t)];
  const ada = await addPerson(library);
  const content = randomBytes(500);
  const same = await addImage(library, ada, content);
  await addImage(library, ada);
  await backUp(library, file);
  await assert.rejects(restore(dyingAfter(other, 4), file), /dead/);
  const there = await other.catalog.accounts.findUser(ada.email);
  assert.ok(there);
  const own = await addImage(other, there.user, content);
  const { images, passedOver } = await restore(other, file);
  assert.deepEqual([images, passedOver], [2, 1]);
  assert.deepEqual(new Set(await other.catalog.objects.takeDeletions(9)), new Set(Object.values(same.keys)));
  assert.ok(await other.catalog.images.find(own.id, own.owner));
  assert.equal(await other.catalog.images.find(same.id, own.owner), undefined);
});

test("a backup that was cut off is taken up: what is there, whole, is not read from the store again", async (t) => {
  const [library, other, file] = [await libraryOf(t, 67), await emptyLibrary(t), await fileFor(t)];
  await backUp(library, file);
  const { size } = await stat(file);
  await truncate(file, Math.floor(0.75 * size)); // rows are half of it
  await rename(file, `${file}.part`);
  const gone = (await imagesOf(library))[3];
  assert.ok(gone);
  await library.catalog.images.remove(gone.id, gone.owner.id);
  const added = await addImage(library, await addPerson(library));
  let gets = 0;
  const get: Bucket["get"] = (...args) => {
    gets++;
    return library.bucket.get(...args);
  };
  const report = await backUp({ ...library, bucket: { ...library.bucket, get } }, file);
  assert.equal(report.images, 67);
  assert.ok(report.reused > 50 && report.reused < 100, `${report.reused} reused`);
  assert.equal(gets, report.objects - report.reused);
  await restore(other, file);
  assert.deepEqual(await contentOf(other), await contentOf(library));
  assert.ok(await other.catalog.images.find(added.id, added.owner));
  await assert.rejects(stat(`${file}.former`), { code: "ENOENT" });
  await assert.rejects(stat(`${file}.part`), { code: "ENOENT" });
});

test("of a former file that was changed nothing wrong is taken", async (t) => {
  const [library, other, file] = [await libraryOf(t, 12), await emptyLibrary(t), await fileFor(t)];
  await backUp(library, file);
  const bytes = await readFile(file);
  for (let at = 40_000; at < bytes.length; at += 2_000) bytes[at] = (bytes[at] ?? 0) ^ 1;
  await rm(file);
  await writeFile(`${file}.part`, bytes);
  const report = await backUp(library, file);
  assert.deepEqual([report.images, report.problems], [12, []]);
  await restore(other, file);
  assert.deepEqual(await contentOf(other), await contentOf(library));
});

test("a backup replaces no file", async (t) => {
  const [library, file] = [await libraryOf(t, 1), await fileFor(t)];
  await writeFile(file, "mine");
  await assert.rejects(backUp(library, file), /There is a file .* already/);
  assert.equal(await readFile(file, "utf8"), "mine");
  await assert.rejects(backUp(library, join(file, "nowhere")), /cannot be written/);
});

test("a backup for which there is no room says so, and goes on when there is", async (t) => {
  const folder = await temporaryFolder(t);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  if (mounted.status !== 0) return t.skip("this machine does not let us mount a tiny tmpfs");
  try {
    const [library, file] = [await emptyLibrary(t), join(folder, "library.tar")];
    const ada = await addPerson(library);
    for (let at = 0; at < 8; at++) await addImage(library, ada, randomBytes(200_000));
    for (let tries = 0; tries < 2; tries++) await assert.rejects(backUp(library, file), { code: "storage-full" });
    assert.equal(spawnSync("mount", ["-o", "remount,size=8m", folder]).status, 0);
    const { images, reused } = await backUp(library, file);
    assert.deepEqual([images, reused > 0], [8, true]);
  } finally {
    // Now: hooks run in the order of their registration, and the folder could not be removed.
    spawnSync("umount", [folder]);
  }
});

/** Made by the first program that wrote this format: schema 9, two people with an image each, neither of them a picture. */
const firstFormat = fileURLToPath(new URL("testing/format-1.tar", import.meta.url));

test("what the first program wrote in this format is restored", async (t) => {
  const library = await emptyLibrary(t);
  await restore(library, firstFormat);
  const [first, second] = await imagesOf(library);
  assert.ok(first && second);
  assert.deepEqual(
    [first.id, second.id],
    ["01a211c3-8590-71da-9a9b-c56d4465f691", "01a211c3-8690-778c-8b28-2641dc4a0aa5"],
  );
  assert.equal(first.file, 'Straße "1"\n写真.jpg');
  assert.equal(first.createdAt.toISOString(), "2026-11-25T08:12:36.112Z");
  assert.deepEqual(
    first.fingerprints.map(({ algorithm, quality }) => [algorithm, quality]),
    [
      ["dct256", 80],
      ["pdq", 80],
    ],
  );
  const original = await library.bucket.get(first.keys.original);
  assert.ok(original);
  assert.equal(await text(original.stream), "the bytes of a first picture");
});
