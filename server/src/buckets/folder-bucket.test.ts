import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import type { Failure } from "../errors.ts";
import type { Bucket, StagedFile } from "../ports.ts";
import { folderBucket } from "./folder-bucket.ts";
import { bucketContract, collect, listKeys, sha256 } from "./testing/bucket-contract.ts";

const jpeg = { contentType: "image/jpeg" } as const;

async function makeRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "utsuru-folder-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function stageIn(folder: string, content: Uint8Array): Promise<StagedFile> {
  const path = join(folder, randomBytes(8).toString("hex"));
  await writeFile(path, content, { mode: 0o644 });
  return { path, bytes: content.length, sha256: sha256(content) };
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

bucketContract("a folder", {
  open: async () => {
    const root = await mkdtemp(join(tmpdir(), "utsuru-folder-"));
    return {
      bucket: await folderBucket({ root }),
      close: () => rm(root, { recursive: true, force: true }),
    };
  },
});

test("objects are 0600, folders 0700, whatever the staged file allowed", async (t) => {
  const root = join(await makeRoot(t), "new", "root");
  const bucket = await folderBucket({ root });
  await bucket.put("a/b/staged", { file: await stageIn(await makeRoot(t), randomBytes(10)) }, jpeg);
  await bucket.put("a/b/content", { content: randomBytes(10) }, jpeg);
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
  assert.equal(await modeOf(join(root, "a/b/staged")), 0o600);
  assert.equal(await modeOf(join(root, "a/b/content")), 0o600);
  for (const folder of ["", "a", "a/b", "~incoming", ".."]) assert.equal(await modeOf(join(root, folder)), 0o700);
});

test("a staged file on the same file system is linked, not copied", async (t) => {
  const root = await makeRoot(t);
  const bucket = await folderBucket({ root });
  const file = await stageIn(await makeRoot(t), randomBytes(10));
  await bucket.put("a/b", { file }, jpeg);
  assert.equal((await stat(join(root, "a/b"))).ino, (await stat(file.path)).ino);
});

test("an object is dated when it was put, and again when it was put again", async (t) => {
  const root = await makeRoot(t);
  const bucket = await folderBucket({ root });
  const file = await stageIn(await makeRoot(t), randomBytes(10));
  const longAgo = new Date("2001-01-01T00:00:00Z");
  const age = async () => Date.now() - (await stat(join(root, "a/b"))).mtimeMs;
  await utimes(file.path, longAgo, longAgo);
  await bucket.put("a/b", { file }, jpeg);
  assert.ok((await age()) < 60_000);
  await utimes(join(root, "a/b"), longAgo, longAgo);
  await bucket.put("a/b", { content: await readFile(file.path) }, jpeg);
  assert.ok((await age()) < 60_000);
});

test("an open stream goes on after its object is deleted", async (t) => {
  const bucket = await folderBucket({ root: await makeRoot(t) });
  const content = randomBytes(3_000_000);
  await bucket.put("a/b", { content }, jpeg);
  const found = await bucket.get("a/b");
  await bucket.delete("a/b");
  assert.deepEqual(await collect(found?.stream ?? assert.fail("not found")), content);
});

test("deletes take empty folders with them, but never the root", async (t) => {
  const root = await makeRoot(t);
  const bucket = await folderBucket({ root });
  await bucket.put("a/b/c/d", { content: randomBytes(1) }, jpeg);
  await bucket.put("a/e", { content: randomBytes(1) }, jpeg);
  await bucket.delete("a/b/c/d");
  assert.deepEqual(await readdir(join(root, "a")), ["e"]);
  await bucket.delete("a/e");
  assert.deepEqual(await readdir(root), ["~incoming"]);
});

test("puts into a folder that deletes keep emptying all succeed", async (t) => {
  const bucket = await folderBucket({ root: await makeRoot(t) });
  const writer = async (name: string) => {
    for (let round = 0; round < 60; round += 1) {
      const content = randomBytes(50);
      await bucket.put(`a/b/c/${name}`, { content }, jpeg);
      const found = await bucket.get(`a/b/c/${name}`);
      assert.deepEqual(await collect(found?.stream ?? assert.fail(`${name} ${round} is not there`)), content);
      await bucket.delete(`a/b/c/${name}`);
    }
  };
  await Promise.all(["v", "w", "x", "y", "z"].map(writer));
  assert.deepEqual(await listKeys(bucket, ""), []);
});

test("an object that turned bad on the disk is not confirmed by another put", async (t) => {
  const root = await makeRoot(t);
  const bucket = await folderBucket({ root });
  const content = randomBytes(100);
  await bucket.put("a/b", { content }, jpeg);
  await writeFile(join(root, "a/b"), content.subarray(0, 50));
  await assert.rejects(bucket.put("a/b", { content }, jpeg), /under a name that is taken/);
});

test("a start sweeps what ended processes left and spares what a running one makes", async (t) => {
  const root = await makeRoot(t);
  await folderBucket({ root });
  const incoming = join(root, "~incoming");
  const ended = await leaveOneBehind(root);
  const [name] = await readdir(incoming);
  assert.ok(ended.includes("left one") && name !== undefined);
  const otherHost = `elsewhere.1.${name.split(".").slice(2).join(".")}`;
  const otherHostOld = `${otherHost}-old`;
  for (const each of [otherHost, otherHostOld]) await link(join(incoming, name), join(incoming, each));
  await rm(join(incoming, otherHostOld));
  await writeFile(join(incoming, otherHostOld), "old");
  await utimes(join(incoming, otherHostOld), new Date(0), new Date(0));
  await folderBucket({ root });
  assert.deepEqual(await readdir(incoming), [otherHost]);
});

/** Runs a process that dies by SIGKILL in the middle of a put. */
async function leaveOneBehind(root: string): Promise<string> {
  const script = `
    import { writeFile } from "node:fs/promises";
    import { join } from "node:path";
    import { temporaryName } from ${JSON.stringify(new URL("leftovers.ts", import.meta.url).href)};
    await writeFile(join(process.argv[1], "~incoming", temporaryName()), "half");
    console.log("left one");
    process.kill(process.pid, "SIGKILL");
  `;
  try {
    return execFileSync(process.execPath, ["--input-type=module", "--eval", script, root], { encoding: "utf8" });
  } catch (error) {
    // SIGKILL is how it should end; what it printed before says that it came that far.
    return error instanceof Error && "stdout" in error
      ? String(error.stdout)
      : assert.fail("the process did not start");
  }
}

test("killed in the middle of puts and deletes, again and again: what was answered holds, nothing is half, nothing is left over", async (t) => {
  const root = join(await makeRoot(t), "root");
  const expected = new Map<string, Told>();
  for (let round = 0; round < 8; round += 1) {
    const told = await killInTheMiddle(root, { round, afterMs: 120 + ((round * 37) % 150) });
    for (const [key, state] of told) expected.set(key, state);
  }
  assert.ok(expected.size > 100, `${expected.size} answers were given`);
  const bucket = await folderBucket({ root });
  assert.deepEqual(await readdir(join(root, "~incoming")), [], "the start swept");
  const listed = new Set(await listKeys(bucket, ""));
  for (const [key, state] of expected) {
    if (state === "put") assert.ok(listed.has(key), `${key} was answered`);
    if (state === "gone") assert.ok(!listed.has(key), `${key} was said to be gone`);
  }
  for (const key of listed) {
    const found = await bucket.get(key);
    const content = await collect(found?.stream ?? assert.fail(key));
    assert.equal(sha256(content), key.split("/")[2], `${key} is whole`);
  }
});

/** The last that was said of a key: its put or its delete was answered, or its delete was asked for and the answer is not known. */
type Told = "put" | "ask" | "gone";

/** Runs a process that puts and deletes until it is killed; answers what it had been told of each key before. */
async function killInTheMiddle(
  root: string,
  { round, afterMs }: { readonly round: number; readonly afterMs: number },
): Promise<ReadonlyMap<string, Told>> {
  const worker = spawn(
    process.execPath,
    [new URL("testing/put-and-delete.ts", import.meta.url).pathname, root, `${round}`],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let said = "";
  worker.stdout.on("data", (chunk: Buffer) => {
    // The clock starts when the first answer is in, so that a slow start is not what is tried.
    if (said === "") setTimeout(() => worker.kill("SIGKILL"), afterMs);
    said += chunk.toString();
  });
  await once(worker, "close");
  assert.equal(worker.signalCode, "SIGKILL");
  const answers = said.matchAll(/^(put|ask|gone) (.+)\n/gm);
  return new Map([...answers].map(([, told, key = ""]) => [key, told === "put" || told === "gone" ? told : "ask"]));
}

test("a root that has gone is bucket-unavailable for every verb, and nothing is called absent", async (t) => {
  const parent = await makeRoot(t);
  const root = join(parent, "root");
  const bucket = await folderBucket({ root });
  await bucket.put("a/b", { content: randomBytes(1) }, jpeg);
  await rename(root, join(parent, "elsewhere"));
  const unavailable = { name: "Failure", code: "bucket-unavailable" };
  const file = await stageIn(parent, randomBytes(5));
  await assert.rejects(bucket.put("a/c", { content: randomBytes(1) }, jpeg), unavailable);
  await assert.rejects(bucket.put("a/c", { file }, jpeg), unavailable);
  await assert.rejects(bucket.get("a/b"), unavailable);
  await assert.rejects(bucket.delete("a/b"), unavailable);
  await assert.rejects(listKeys(bucket, ""), unavailable);
  await assert.rejects(bucket.check(AbortSignal.timeout(5000)), unavailable);
  await mkdir(root);
  await assert.rejects(bucket.get("a/b"), unavailable, "an empty mount point in its place is not the store either");
  await rm(root, { recursive: true });
  await rename(join(parent, "elsewhere"), root);
  await bucket.check(AbortSignal.timeout(5000));
  assert.deepEqual(await listKeys(bucket, ""), ["a/b"]);
});

// ── a full disk ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Mounts a file system of one megabyte, or says why that cannot be. */
async function mountTiny(): Promise<{ readonly folder: string } | { readonly skip: string }> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-tiny-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "pipe" });
    return { folder };
  } catch {
    await rm(folder, { recursive: true });
    return { skip: "this machine does not let us mount a tiny tmpfs" };
  }
}

const tiny = await mountTiny();
after(async () => {
  if (!("folder" in tiny)) return;
  execFileSync("umount", [tiny.folder]);
  await rm(tiny.folder, { recursive: true });
});

async function fill(bucket: Bucket): Promise<{ readonly kept: readonly string[]; readonly failure: unknown }> {
  const kept: string[] = [];
  for (let n = 0; n < 100; n += 1) {
    try {
      await bucket.put(`full/${n}`, { content: randomBytes(50_000) }, jpeg);
      kept.push(`full/${n}`);
    } catch (failure) {
      return { kept, failure };
    }
  }
  return assert.fail("five megabytes went into one");
}

test("a full disk is storage-full, keeps what was answered, leaves nothing half, and heals", {
  skip: "skip" in tiny ? tiny.skip : false,
}, async (t) => {
  const root = join("folder" in tiny ? tiny.folder : assert.fail("not mounted"), "root");
  const bucket = await folderBucket({ root });
  const { kept, failure } = await fill(bucket);
  assert.equal((failure as Failure).code, "storage-full");
  assert.ok(((failure as Failure).retryAfterS ?? 0) > 0);
  const fromElsewhere = await stageIn(await makeRoot(t), randomBytes(200_000));
  await assert.rejects(bucket.put("full/staged", { file: fromElsewhere }, jpeg), { code: "storage-full" });
  assert.deepEqual(await listKeys(bucket, ""), [...kept].sort());
  assert.equal((await filesBelow(root)).length, kept.length, "no temporary file is left");
  for await (const { bytes } of bucket.list("")) assert.equal(bytes, 50_000);
  for (const key of kept.slice(0, 6)) await bucket.delete(key);
  const stored = await bucket.put("full/staged", { file: fromElsewhere }, jpeg);
  assert.equal(stored.sha256, fromElsewhere.sha256, "copied from another file system");
});
