import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { featuresVersion } from "@utsuru/core/local-features";
import { v7 as uuidv7 } from "uuid";
import { testDatabase } from "../../../test/support/database.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { openTar } from "../../archives/tar-reader.ts";
import { createTar } from "../../archives/tar-writer.ts";
import { folderBucket } from "../../buckets/folder-bucket.ts";
import { stagingFolder } from "../../buckets/staging-folder.ts";
import { imageKeys } from "../../images/image-keys.ts";
import type { Bucket, Catalog, Image, Staging, User } from "../../ports.ts";
import { openCatalog } from "../../postgres/catalog.ts";
import { type BackupReport, backUpLibrary } from "../back-up-library.ts";
import { formerPictures } from "../former-pictures.ts";
import { openBackup } from "../read-backup.ts";
import { type RestoreReport, restoreLibrary } from "../restore-library.ts";

type Context = Pick<TestContext, "after">;

/** Database and bucket, with or without anything in them. */
export interface Library {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly staging: Staging;
  /** Where commands find it. */
  readonly settings: Readonly<Record<"UTSURU_DATABASE_URL" | "UTSURU_BUCKET" | "UTSURU_DATA", string>>;
}

/** An empty library of the test's own, whose notes of puts are old at once. */
export async function emptyLibrary(t: Context): Promise<Library> {
  const { url } = await testDatabase(t);
  const catalog = await openCatalog({ url, putMsMax: 1 });
  t.after(() => catalog.close());
  const folder = await temporaryFolder(t);
  const root = join(folder, "bucket");
  return {
    catalog,
    bucket: await folderBucket({ root }),
    staging: await stagingFolder(join(folder, "staging")),
    settings: { UTSURU_DATABASE_URL: url, UTSURU_BUCKET: pathToFileURL(root).href, UTSURU_DATA: folder },
  };
}

/** Someone with an account. */
export async function addPerson({ catalog }: Library, email = `${randomUUID()}@example.org`): Promise<User> {
  const account = { id: uuidv7(), email, emailKey: email, passwordHash: "$2b$12$hash", createdAt: new Date() };
  const user = await catalog.accounts.addUser(account);
  assert.ok(user);
  return user;
}

/** An image of these bytes, which need not be a picture, with all that an image has. */
export async function addImage(
  { catalog, bucket }: Library,
  owner: User,
  content: Buffer = randomBytes(600),
): Promise<Image> {
  const id = uuidv7();
  const sha256 = createHash("sha256").update(content).digest("hex");
  const keys = imageKeys(sha256, id);
  const fingerprints = (["pdq", "dct256"] as const).map((algorithm) => ({
    ...{ algorithm, code: new Uint8Array(randomBytes(32)), quality: 80 },
  }));
  const image: Image = {
    ...{ id, sha256, keys, fingerprints, bytes: content.length, owner: { id: owner.id, audience: owner.audience } },
    ...{
      visibility: "public",
      file: 'Straße "1"\n写真.jpg',
      format: "jpeg",
      width: 40,
      height: 30,
      createdAt: new Date(),
    },
  };
  await catalog.objects.notePut({ id, imageId: id, keys: Object.values(keys) });
  const original = await bucket.put(keys.original, { content }, { contentType: "image/jpeg" });
  const thumbnail = await bucket.put(keys.thumbnail, { content: randomBytes(90) }, { contentType: "image/webp" });
  const features = Uint8Array.of(featuresVersion, ...randomBytes(300));
  assert.equal((await catalog.images.add(image, { original, thumbnail, features })).kind, "created");
  return image;
}

/** A library with images of two people: those of more than 64 take two parts of a backup. */
export async function libraryOf(t: Context, images: number): Promise<Library> {
  const library = await emptyLibrary(t);
  const [ada, bob] = [await addPerson(library), await addPerson(library)];
  for (let at = 0; at < images; at++) await addImage(library, at % 3 === 0 ? bob : ada);
  return library;
}

/** Where a test may put a backup. */
export async function fileFor(t: Context): Promise<string> {
  return join(await temporaryFolder(t), "library.tar");
}

/** Backs up to a file as the command does. */
export async function backUp(library: Library, path: string): Promise<BackupReport> {
  const { writer: archive, formerPath } = await createTar(path);
  const tar = formerPath === undefined ? undefined : await openTar(formerPath);
  const former = tar && formerPictures(tar.archive, library.staging);
  const options = { version: "0.0.0", signal: new AbortController().signal, onProgress: () => {} };
  try {
    const report = await backUpLibrary({ ...library, archive, former }, options);
    await archive.finish();
    return report;
  } catch (error) {
    await archive.abandon();
    throw error;
  } finally {
    await tar?.close();
  }
}

/** Restores from a file as the command does. */
export async function restore(library: Library, path: string): Promise<RestoreReport> {
  const options = { signal: new AbortController().signal, onProgress: () => {} };
  const { archive, close } = await openTar(path);
  return openBackup(archive)
    .then((backup) => restoreLibrary(library, backup, options))
    .finally(close);
}

/** Every image, by id. */
export async function imagesOf({ catalog }: Library): Promise<Image[]> {
  const images: Image[] = [];
  for await (const records of catalog.records.images()) images.push(...records.map(({ image }) => image));
  return images;
}

/** Every image with the bytes of its objects. */
export async function contentOf({ catalog, bucket }: Library): Promise<readonly object[]> {
  const all: object[] = [];
  for await (const records of catalog.records.images()) {
    for (const { image, thumbnail } of records) {
      const { audience: _, ...owner } = { ...image.owner };
      const objects = await Promise.all(Object.values(image.keys).map((key) => bytesOf(bucket, key)));
      all.push({ ...image, owner, thumbnail, objects });
    }
  }
  return all;
}

async function bytesOf(bucket: Bucket, key: string): Promise<string | undefined> {
  const object = await bucket.get(key);
  if (!object) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of object.stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("hex");
}

/** Keys of everything that a bucket has. */
export async function keysIn({ bucket }: Library): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list("")) keys.push(key);
  return keys.sort();
}
