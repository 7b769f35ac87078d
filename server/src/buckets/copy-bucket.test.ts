import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Failure } from "../errors.ts";
import type { Bucket, CopyProgress } from "../ports.ts";
import { copyBucket } from "./copy-bucket.ts";
import { folderBucket } from "./folder-bucket.ts";
import { openBucket } from "./open-bucket.ts";
import { collect, listKeys } from "./testing/bucket-contract.ts";
import { bucketName, cloudServers, settingsOf } from "./testing/cloud-servers.ts";

const jpeg = { contentType: "image/jpeg" } as const;
const signal = new AbortController().signal;

async function makeFolder(t: TestContext): Promise<{ readonly root: string; readonly bucket: Bucket }> {
  const root = await mkdtemp(join(tmpdir(), "utsuru-copied-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  return { root, bucket: await folderBucket({ root }) };
}

async function fill(bucket: Bucket, count: number): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map(Array.from({ length: count }, (_, n) => [`o/${n % 7}/${n}`, randomBytes(1000 + n)]));
  await Promise.all([...contents].map(([key, content]) => bucket.put(key, { content }, jpeg)));
  return contents;
}

async function assertHolds(bucket: Bucket, contents: ReadonlyMap<string, Buffer>): Promise<void> {
  assert.deepEqual(await listKeys(bucket, ""), [...contents.keys()].sort());
  for (const [key, content] of contents) {
    const found = await bucket.get(key);
    assert.deepEqual(await collect(found?.stream ?? assert.fail(`${key} is not there`)), content);
  }
}

for (const { name, scheme, missing, start } of cloudServers) {
  test(`a library goes from a folder to ${name} and back unchanged`, { skip: missing ?? false }, async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const cloud = await openBucket(`${scheme}://${bucketName}/lib`, {
      environment: settingsOf(scheme, server.endpoint),
    });
    const { bucket: source } = await makeFolder(t);
    const { bucket: target } = await makeFolder(t);
    const contents = await fill(source, 60);
    const there = await copyBucket(source, cloud, { signal });
    assert.deepEqual([there.copied, there.present, there.failed], [60, 0, 0]);
    const back = await copyBucket(cloud, target, { signal });
    assert.equal(back.copied, 60);
    assert.equal(
      back.bytesCopied,
      [...contents.values()].reduce((sum, { length }) => sum + length, 0),
    );
    await assertHolds(target, contents);
  });
}

test("an aborted copy ends with the signal's reason; the next run goes on where it ended", async (t) => {
  const { bucket: source } = await makeFolder(t);
  const { bucket: target } = await makeFolder(t);
  const contents = await fill(source, 50);
  const abort = new AbortController();
  const reason = new Error("enough for today");
  const onProgress = ({ objects }: CopyProgress) => {
    if (objects === 20) abort.abort(reason);
  };
  await assert.rejects(copyBucket(source, target, { signal: abort.signal, onProgress, concurrency: 3 }), reason);
  const before = (await listKeys(target, "")).length;
  assert.ok(before >= 20 && before < 50, `${before} were copied before`);
  const report = await copyBucket(source, target, { signal });
  assert.deepEqual([report.present, report.copied], [before, 50 - before]);
  await assertHolds(target, contents);
  assert.deepEqual(
    (await readdir(tmpdir())).filter((name) => name.startsWith("utsuru-copy-")),
    [],
  );
});

test("objects that fail are named and do not stop the others; a second run mends them", async (t) => {
  const { bucket: source } = await makeFolder(t);
  const { bucket: target } = await makeFolder(t);
  const contents = await fill(source, 30);
  let down = true;
  const flaky: Bucket = {
    ...source,
    get: (key, options) =>
      down && key.startsWith("o/3/")
        ? Promise.reject(new Failure("bucket-unavailable", "The image store does not answer well just now."))
        : source.get(key, options),
  };
  const first = await copyBucket(flaky, target, { signal });
  assert.deepEqual([first.failed, first.copied], [4, 26]);
  assert.deepEqual(first.faults.map(({ key }) => key).sort(), ["o/3/10", "o/3/17", "o/3/24", "o/3/3"]);
  down = false;
  assert.equal((await copyBucket(flaky, target, { signal })).copied, 4);
  await assertHolds(target, contents);
});

test("an object that differs in the target is a fault by its size, and by its checksum when asked", async (t) => {
  const { bucket: source } = await makeFolder(t);
  const { root, bucket: target } = await makeFolder(t);
  await fill(source, 5);
  await copyBucket(source, target, { signal });
  await writeFile(join(root, "o/1/1"), randomBytes(7));
  await writeFile(join(root, "o/2/2"), randomBytes(1002));
  const bySize = await copyBucket(source, target, { signal });
  assert.deepEqual([bySize.present, bySize.faults.map(({ key }) => key)], [4, ["o/1/1"]]);
  const byChecksum = await copyBucket(source, target, { signal, verify: "checksum" });
  assert.deepEqual(byChecksum.faults.map(({ key }) => key).sort(), ["o/1/1", "o/2/2"]);
  assert.equal(byChecksum.present, 3);
});
