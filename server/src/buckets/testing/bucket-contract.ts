import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Bucket, StagedFile, StoredObject } from "../../ports.ts";

/** A bucket that the suite may fill, and how to let go of it and of what serves it. */
export interface OpenedBucket {
  readonly bucket: Bucket;
  close(): Promise<void>;
}

/** What a suite needs to know of the bucket that it tries. */
export interface BucketContractOptions {
  readonly open: () => Promise<OpenedBucket>;
  /** Why the suite cannot run on this machine; then every test is skipped, by that name. */
  readonly skip?: string | undefined;
  /** Why a race between two different objects for one key cannot be decided by this server; then that test is skipped, by that name. */
  readonly createOnlyGap?: string | undefined;
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** All bytes of a stream. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The keys that a bucket lists under a prefix, sorted. */
export async function listKeys(bucket: Bucket, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(prefix)) keys.push(key);
  return keys.sort();
}

const contentType = "image/jpeg";
const jpeg = { contentType } as const;

/** What the tests of the contract speak of. */
class Trial {
  opened: OpenedBucket | undefined;
  staging = "";

  get bucket(): Bucket {
    return this.opened?.bucket ?? assert.fail("the bucket is not open yet");
  }

  freshFolder(): string {
    return `t/${randomBytes(6).toString("hex")}`;
  }

  async stage(content: Uint8Array): Promise<StagedFile> {
    const path = join(this.staging, randomBytes(8).toString("hex"));
    await writeFile(path, content);
    return { path, bytes: content.length, sha256: sha256(content) };
  }

  async read(key: string): Promise<Buffer | undefined> {
    const found = await this.bucket.get(key);
    return found === undefined ? undefined : collect(found.stream);
  }
}

/** What everyone who uses a `Bucket` may rely on, tried on one. */
export function bucketContract(name: string, { open, skip, createOnlyGap }: BucketContractOptions): void {
  describe(`${name} keeps the bucket contract`, { skip: skip ?? false }, () => {
    const trial = new Trial();
    before(async () => {
      trial.staging = await mkdtemp(join(tmpdir(), "utsuru-contract-"));
      trial.opened = await open();
    });
    after(async () => {
      await trial.opened?.close();
      await rm(trial.staging, { recursive: true, force: true });
    });
    tryPut(trial);
    tryPutAgain(trial, createOnlyGap);
    tryGet(trial);
    tryDelete(trial);
    tryList(trial);
    tryRefusals(trial);
  });
}

function tryPut(trial: Trial): void {
  test("bytes that were put come back, and the answer says their size and SHA-256", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    const content = randomBytes(70_001);
    const stored = await trial.bucket.put(key, { content }, jpeg);
    assert.equal(stored.key, key);
    assert.equal(stored.bytes, content.length);
    assert.equal(stored.sha256, sha256(content));
    const found = await trial.bucket.get(key);
    assert.equal(found?.bytes, content.length);
    assert.deepEqual(await collect(found.stream), content);
    assert.equal(await trial.bucket.size(key), content.length);
    assert.equal(await trial.bucket.generation?.(key), stored.generation);
  });

  test("a staged file that was put comes back after the staged one is removed", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    const content = randomBytes(5_000_003);
    const file = await trial.stage(content);
    const stored = await trial.bucket.put(key, { file }, jpeg);
    assert.equal(stored.sha256, file.sha256);
    await rm(file.path);
    assert.equal(sha256((await trial.read(key)) ?? Buffer.alloc(0)), file.sha256);
  });

  test("an empty object is kept", async () => {
    const key = `${trial.freshFolder()}/empty`;
    await trial.bucket.put(key, { content: new Uint8Array() }, jpeg);
    const found = await trial.bucket.get(key);
    assert.equal(found?.bytes, 0);
    assert.equal((await collect(found.stream)).length, 0);
  });

  test("a staged file that is not what it is said to be is refused and leaves nothing", async () => {
    const folder = trial.freshFolder();
    const content = randomBytes(1000);
    const file = await trial.stage(content);
    await writeFile(file.path, randomBytes(1000));
    await assert.rejects(trial.bucket.put(`${folder}/wrong`, { file }, jpeg), /expected 1000 bytes with SHA-256/);
    await writeFile(file.path, content.subarray(0, 999));
    await assert.rejects(trial.bucket.put(`${folder}/short`, { file }, jpeg), /expected 1000 bytes with SHA-256/);
    assert.deepEqual(await listKeys(trial.bucket, folder), []);
  });
}

function tryPutAgain(trial: Trial, createOnlyGap: string | undefined): void {
  test("putting the same bytes again answers the object that is there", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    const content = randomBytes(3000);
    const first = await trial.bucket.put(key, { content }, jpeg);
    const again = await trial.bucket.put(key, { file: await trial.stage(content) }, jpeg);
    assert.deepEqual(again, first);
  });

  test("putting other bytes under a taken key is refused, and the first stay", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    const content = randomBytes(3000);
    await trial.bucket.put(key, { content }, jpeg);
    await assert.rejects(trial.bucket.put(key, { content: randomBytes(3000) }, jpeg), /under a name that is taken/);
    await assert.rejects(trial.bucket.put(key, { content: randomBytes(10) }, jpeg), /under a name that is taken/);
    assert.deepEqual(await trial.read(key), content);
  });

  test("twenty puts of the same bytes at once are one object, answered alike", async () => {
    const folder = trial.freshFolder();
    const content = randomBytes(30_000);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => trial.bucket.put(`${folder}/a/b/c`, { content }, jpeg)),
    );
    const withoutGeneration = ({ generation: _, ...rest }: StoredObject) => rest;
    const told = createOnlyGap === undefined ? answers : answers.map(withoutGeneration);
    for (const answer of told) assert.deepEqual(answer, told[0]);
    assert.deepEqual(await listKeys(trial.bucket, folder), [`${folder}/a/b/c`]);
    assert.deepEqual(await trial.read(`${folder}/a/b/c`), content);
  });

  test("of two different objects put at once under one key, one is kept and the other refused", {
    skip: createOnlyGap ?? false,
  }, async () => {
    for (let round = 0; round < 10; round += 1) {
      const key = `${trial.freshFolder()}/contested`;
      const contents = Array.from({ length: 4 }, () => randomBytes(40_000));
      const outcomes = await Promise.allSettled(contents.map((content) => trial.bucket.put(key, { content }, jpeg)));
      const winners = contents.filter((_, index) => outcomes[index]?.status === "fulfilled");
      assert.equal(winners.length, 1, "exactly one put was acknowledged");
      assert.deepEqual(await trial.read(key), winners[0]);
    }
  });
}

function tryGet(trial: Trial): void {
  test("a range yields those bytes, both ends included, cut at the object's end", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    const content = randomBytes(600_000);
    await trial.bucket.put(key, { content }, jpeg);
    for (const [from, to] of [
      [0, 0],
      [0, 99],
      [1, 599_998],
      [262_143, 262_145],
      [599_999, 599_999],
      [599_990, 10_000_000],
    ] as const) {
      const found = await trial.bucket.get(key, { range: { from, to } });
      const expected = content.subarray(from, to + 1);
      assert.equal(found?.bytes, expected.length);
      assert.deepEqual(await collect(found.stream), expected);
    }
  });

  test("a range beyond the end, or turned round, is not satisfiable", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    await trial.bucket.put(key, { content: randomBytes(100) }, jpeg);
    for (const range of [
      { from: 100, to: 100 },
      { from: 5, to: 4 },
      { from: -1, to: 4 },
      { from: 0.5, to: 4 },
    ]) {
      await assert.rejects(trial.bucket.get(key, { range }), { code: "range-not-satisfiable" });
    }
  });

  test("what is not there is undefined, with a range too, below an object too", async () => {
    const folder = trial.freshFolder();
    assert.equal(await trial.bucket.get(`${folder}/none`), undefined);
    assert.equal(await trial.bucket.size(`${folder}/none`), undefined);
    assert.equal(await trial.bucket.generation?.(`${folder}/none`), undefined);
    assert.equal(await trial.bucket.size(folder), undefined);
    assert.equal(await trial.bucket.get(`${folder}/none`, { range: { from: 0, to: 9 } }), undefined);
    await trial.bucket.put(`${folder}/a`, { content: randomBytes(1) }, jpeg);
    assert.equal(await trial.bucket.get(`${folder}/a/b`), undefined);
    assert.equal(await trial.bucket.get(folder), undefined);
  });
}

function tryDelete(trial: Trial): void {
  test("a delete removes the object and answers also when there is none", async () => {
    const folder = trial.freshFolder();
    await trial.bucket.put(`${folder}/a/b/one`, { content: randomBytes(10) }, jpeg);
    await trial.bucket.put(`${folder}/a/two`, { content: randomBytes(10) }, jpeg);
    await trial.bucket.delete(`${folder}/a/b/one`);
    await trial.bucket.delete(`${folder}/a/b/one`);
    await trial.bucket.delete(`${folder}/never/was`);
    assert.equal(await trial.bucket.get(`${folder}/a/b/one`), undefined);
    assert.deepEqual(await listKeys(trial.bucket, folder), [`${folder}/a/two`]);
  });

  test("a deleted key can be put anew, also with other bytes", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    await trial.bucket.put(key, { content: randomBytes(10) }, jpeg);
    await trial.bucket.delete(key);
    const content = randomBytes(20);
    await trial.bucket.put(key, { content }, jpeg);
    assert.deepEqual(await trial.read(key), content);
  });
}

function tryList(trial: Trial): void {
  test("a list names every object under the prefix, and the prefix may end within a name", async () => {
    const folder = trial.freshFolder();
    const keys = ["ab/1", "ab/2", "abc/1", "abc/d/2", "b"].map((rest) => `${folder}/${rest}`);
    await Promise.all(keys.map((key) => trial.bucket.put(key, { content: Buffer.from(key) }, jpeg)));
    assert.deepEqual(await listKeys(trial.bucket, `${folder}/`), keys);
    assert.deepEqual(await listKeys(trial.bucket, `${folder}/ab`), keys.slice(0, 4));
    assert.deepEqual(await listKeys(trial.bucket, `${folder}/ab/`), keys.slice(0, 2));
    assert.deepEqual(await listKeys(trial.bucket, `${folder}/abc/d`), keys.slice(3, 4));
    assert.deepEqual(await listKeys(trial.bucket, `${folder}/zz`), []);
    for await (const { key, bytes, modifiedAt } of trial.bucket.list(`${folder}/`)) {
      assert.equal(bytes, key.length);
      assert.ok(Math.abs(Date.now() - modifiedAt.getTime()) < 60_000, `modified ${modifiedAt.toISOString()}`);
    }
  });

  test("a list may be left early", async () => {
    const folder = trial.freshFolder();
    await Promise.all([1, 2, 3].map((n) => trial.bucket.put(`${folder}/${n}`, { content: randomBytes(1) }, jpeg)));
    let seen = 0;
    for await (const _ of trial.bucket.list(folder)) {
      seen += 1;
      break;
    }
    assert.equal(seen, 1);
  });
}

function tryRefusals(trial: Trial): void {
  test("what is no key is refused by every verb, as the program's mistake", async () => {
    for (const key of ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "a/.", "a\0b", "a b", "ä", "a\\b", "~a"]) {
      await assert.rejects(trial.bucket.put(key, { content: randomBytes(1) }, jpeg), RangeError, `put ${key}`);
      await assert.rejects(trial.bucket.get(key), RangeError, `get ${key}`);
      await assert.rejects(trial.bucket.size(key), RangeError, `size ${key}`);
      await assert.rejects(trial.bucket.delete(key), RangeError, `delete ${key}`);
    }
    for (const prefix of ["/", "../", "a/../", "~", "a\0"]) {
      await assert.rejects(listKeys(trial.bucket, prefix), RangeError, `list ${prefix}`);
    }
  });

  test("an aborted put, get or check ends at once with the signal's reason", async () => {
    const folder = trial.freshFolder();
    const reason = new Error("no longer wanted");
    const signal = AbortSignal.abort(reason);
    const content = randomBytes(100);
    await assert.rejects(trial.bucket.put(`${folder}/a`, { content }, { contentType, signal }));
    await trial.bucket.put(`${folder}/b`, { content }, jpeg);
    await assert.rejects(trial.bucket.get(`${folder}/b`, { signal }));
    await assert.rejects(trial.bucket.check(signal));
    assert.deepEqual(await listKeys(trial.bucket, folder), [`${folder}/b`]);
  });

  test("a stream that is aborted midway fails and lets go of what it held", async () => {
    const key = `${trial.freshFolder()}/a.jpg`;
    await trial.bucket.put(key, { content: randomBytes(4_000_000) }, jpeg);
    const abort = new AbortController();
    const found = await trial.bucket.get(key, { signal: abort.signal });
    await assert.rejects(async () => {
      for await (const _ of found?.stream ?? []) abort.abort();
    });
  });

  test("a check of a store that works answers and leaves nothing", async () => {
    await trial.bucket.check(AbortSignal.timeout(20_000));
    for await (const { key } of trial.bucket.list("")) assert.match(key, /^t\//);
  });
}
