import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { folderBucket } from "../buckets/folder-bucket.ts";
import type { Bucket, Catalog, Image, User } from "../ports.ts";
import { openCatalog } from "../postgres/catalog.ts";
import { imageKeys } from "./image-keys.ts";
import { openThumbnail } from "./open-file.ts";

/** A catalogue and a bucket with one image in them, and its owner. */
async function libraryOfOne(t: TestContext): Promise<{ catalog: Catalog; bucket: Bucket; owner: User; image: Image }> {
  const catalog = await openCatalog(await testDatabase(t));
  t.after(() => catalog.close());
  const bucket = await folderBucket({ root: await temporaryFolder(t) });
  const email = "ada@example.org";
  const account = { id: randomUUID(), email, emailKey: email, passwordHash: "none", createdAt: new Date() };
  const owner = await catalog.accounts.addUser(account);
  assert(owner);
  const content = Buffer.from("a picture");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const id = randomUUID();
  const keys = imageKeys(sha256, id);
  const image: Image = {
    id,
    owner: { id: owner.id, audience: owner.audience },
    visibility: "public",
    file: "a.jpg",
    format: "jpeg",
    width: 1,
    height: 1,
    bytes: content.length,
    sha256,
    createdAt: new Date(),
    fingerprints: [],
    keys,
  };
  const original = await bucket.put(keys.original, { content }, { contentType: "image/jpeg" });
  const thumbnail = await bucket.put(keys.thumbnail, { content }, { contentType: "image/webp" });
  await catalog.objects.notePut({ id, imageId: id, keys: Object.values(keys) });
  await catalog.images.add(image, { original, thumbnail });
  return { catalog, bucket, owner, image };
}

test("an image that is deleted while its thumbnail is being opened is not found", async (t) => {
  const { catalog, bucket, owner, image } = await libraryOfOne(t);
  const deleteFirst = async (): Promise<void> => {
    const removed = await catalog.images.remove(image.id, owner.id);
    for (const key of removed?.keys ?? []) await bucket.delete(key);
  };
  const overtaken: Bucket = {
    ...bucket,
    size: async (key) => {
      await deleteFirst();
      return bucket.size(key);
    },
  };
  await assert.rejects(openThumbnail({ catalog, bucket: overtaken }, image.id, owner), { code: "not-found" });
});

test("an image that is deleted between the size and the bytes of its thumbnail is not found", async (t) => {
  const { catalog, bucket, owner, image } = await libraryOfOne(t);
  const thumbnail = await openThumbnail({ catalog, bucket }, image.id, owner);
  await catalog.images.remove(image.id, owner.id);
  await bucket.delete(image.keys.thumbnail);
  await assert.rejects(thumbnail.open(), { code: "not-found" });
});

test("an object that the bucket lost is a fault of the storage", async (t) => {
  const { catalog, bucket, owner, image } = await libraryOfOne(t);
  await bucket.delete(image.keys.thumbnail);
  await assert.rejects(openThumbnail({ catalog, bucket }, image.id, owner), { code: "bucket-unavailable" });
});
