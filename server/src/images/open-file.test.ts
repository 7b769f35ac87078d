import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { folderBucket } from "../buckets/folder-bucket.ts";
import { stagingFolder } from "../buckets/staging-folder.ts";
import { decoderPool } from "../pixels/decoder-pool.ts";
import type { Bucket, Catalog, Decoder, Image, Staging, User } from "../ports.ts";
import { openCatalog } from "../postgres/catalog.ts";
import { imageKeys } from "./image-keys.ts";
import { openThumbnail } from "./open-file.ts";

const signal = new AbortController().signal;

interface Library {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly staging: Staging;
  readonly decoder: Decoder;
  readonly owner: User;
  readonly image: Image;
}

/** A catalogue and a bucket with one image in them that no decoder reads, and its owner. */
async function libraryOfOne(t: TestContext): Promise<Library> {
  const catalog = await openCatalog(await testDatabase(t));
  t.after(() => catalog.close());
  const bucket = await folderBucket({ root: await temporaryFolder(t) });
  const staging = await stagingFolder(await temporaryFolder(t));
  const decoder = decoderPool({ processes: 1 });
  t.after(() => decoder.close());
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
  return { catalog, bucket, staging, decoder, owner, image };
}

test("an image that is deleted while its thumbnail is being opened is not found", async (t) => {
  const { owner, image, ...library } = await libraryOfOne(t);
  const { catalog, bucket } = library;
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
  const opening = openThumbnail({ ...library, bucket: overtaken }, image.id, { viewer: owner, signal });
  await assert.rejects(opening, { code: "not-found" });
});

test("an image that is deleted between the size and the bytes of its thumbnail is not found", async (t) => {
  const { owner, image, ...library } = await libraryOfOne(t);
  const thumbnail = await openThumbnail(library, image.id, { viewer: owner, signal });
  await library.catalog.images.remove(image.id, owner.id);
  await library.bucket.delete(image.keys.thumbnail);
  await assert.rejects(thumbnail.open(), { code: "not-found" });
});

test("a thumbnail that is lost with its original is a fault of the storage, one whose original cannot be decoded is told so", async (t) => {
  const { owner, image, ...library } = await libraryOfOne(t);
  const open = () => openThumbnail(library, image.id, { viewer: owner, signal });
  await library.bucket.delete(image.keys.thumbnail);
  await assert.rejects(open, { code: "unsupported-format" });
  await library.bucket.delete(image.keys.original);
  await assert.rejects(open, { code: "bucket-unavailable" });
});
