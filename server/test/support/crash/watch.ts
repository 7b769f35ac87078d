import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Failure } from "../../../src/errors.ts";
import { derivativeKey } from "../../../src/images/image-keys.ts";
import { renewImage } from "../../../src/images/renew-image.ts";
import type { Bucket, Catalog, Image, Staging, User } from "../../../src/ports.ts";
import { openSearchIndex } from "../../../src/search/open-search-index.ts";
import { MemoryFile } from "../../../src/search/testing/memory-file.ts";
import { contentOf, inspectionOf, madeDecoder } from "./made-pictures.ts";

const triesMax = 8;

/** What lives said before they were killed. */
export class Answers {
  /** Image ids, with the names of the pictures. */
  readonly kept = new Map<string, string>();
  /** Ids whose deletion was asked for: whatever was not answered may have been done or not. */
  readonly asked = new Set<string>();
  readonly gone = new Set<string>();
  readonly faults: string[] = [];

  hear(line: string): void {
    const [, what = "", id = "", name = ""] = /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [];
    if (what === "kept") this.kept.set(id, name);
    if (what === "ask") this.asked.add(id);
    if (what === "gone") this.gone.add(id);
    if (what === "fault") this.faults.push(line);
  }
}

type Library = { readonly catalog: Catalog; readonly bucket: Bucket; readonly owner: User };

/** Checks a library at rest against what was answered: all that was kept is there, whole and found; what went is gone; nothing is left over. */
export async function checkLibrary(library: Library, answers: Answers): Promise<{ images: number }> {
  assert.deepEqual(answers.faults, []);
  const images = await imagesOf(library);
  const ids = new Set(images.map(({ id }) => id));
  for (const [id, name] of answers.kept)
    if (!answers.asked.has(id)) assert.ok(ids.has(id), `${name} was answered, and lost`);
  for (const id of answers.gone) assert.ok(!ids.has(id), `${id} was deleted, and is there`);
  for (const image of images) await checkBytes(library, image);
  await checkSearch(library, images, answers);
  await checkBucket(library, images);
  return { images: images.length };
}

/** Derives anew whatever is of no version, or lacks its thumbnail: the tasks of those who were killed, which others get. */
export async function renewAll(library: Library, staging: Staging): Promise<void> {
  const ports = { ...library, staging, decoder: madeDecoder() };
  for (const { id } of await imagesOf(library)) await asTask(() => renewImage(ports, id, new AbortController().signal));
}

/** Tries again after an expected failure, as the queue does: on a busy machine a put is given up now and then. */
async function asTask(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Failure) || tries === triesMax) throw error;
    }
  }
}

async function imagesOf({ catalog, owner }: Library): Promise<Image[]> {
  const all: Image[] = [];
  let after: string | undefined;
  do {
    const page = await catalog.images.list(owner.id, after === undefined ? { limit: 500 } : { limit: 500, after });
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}

async function checkBytes({ bucket, catalog }: Library, image: Image): Promise<void> {
  const original = await bucket.get(image.keys.original);
  assert.ok(original, `${image.file} has no bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of original.stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  assert.ok(bytes.equals(contentOf(image.file)), `${image.file} has other bytes`);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), image.sha256);
  assert.equal(await bucket.size(image.keys.thumbnail), 500);
  assert.equal((await catalog.renewals.find(image.id))?.isCurrent, true);
}

/** By an index that is made of the database, as a server that starts has it. */
async function checkSearch({ catalog, owner }: Library, images: readonly Image[], answers: Answers): Promise<void> {
  const clock = { now: () => new Date() };
  const notice = (sentence: string): void => assert.fail(sentence);
  const index = await openSearchIndex({ catalog, snapshot: new MemoryFile(), clock, notice });
  try {
    for (const image of images) {
      const { pdq } = inspectionOf(contentOf(image.file));
      const found = await index.near([pdq], owner);
      assert.deepEqual(
        found.map(({ imageId }) => imageId),
        [image.id],
      );
    }
    for (const id of answers.gone) {
      const { pdq } = inspectionOf(contentOf(answers.kept.get(id) ?? ""));
      for (const { imageId } of await index.near([pdq], owner)) assert.notEqual(imageId, id);
    }
  } finally {
    await index.close();
  }
}

/** The bucket has the objects of images, perhaps with a copy without metadata, and no other. */
async function checkBucket({ bucket }: Library, images: readonly Image[]): Promise<void> {
  const known = new Set(images.flatMap((image) => [image.keys.original, image.keys.thumbnail, derivativeKey(image)]));
  for await (const { key } of bucket.list("")) assert.ok(known.has(key), `${key} is nobody's`);
}
