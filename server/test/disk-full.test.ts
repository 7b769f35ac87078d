import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  Answers,
  checkAnswers,
  checkLibrary,
  faultMs,
  removeOne,
  searchOne,
  uploadOne,
  useLibrary,
} from "./support/answers.ts";
import { atEnd, type Ending } from "./support/at-end.ts";
import { smallPictures } from "./support/jobs.ts";
import { newPerson } from "./support/person.ts";
import { startServer } from "./support/server.ts";

const patienceMs = 60_000;
const mebibyte = 2 ** 20;

/** A small disk of the test's own; `undefined` where this machine lets us make none. */
async function smallDisk(t: Ending, mebibytes: number): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=711`, "utsuru-test", folder], {
      stdio: "ignore",
    });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  atEnd(t, async () => {
    execFileSync("umount", ["--lazy", folder]);
    await rm(folder, { recursive: true });
  });
  return folder;
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Takes the disk's room away but for so much. */
async function fill(folder: string, leave: number): Promise<void> {
  const bytes = (await freeBytes(folder)) - leave;
  await appendFile(join(folder, "filling"), Buffer.alloc(Math.max(0, bytes), 1));
}

test("a full disk refuses uploads with 507, deletions make room, and all that was answered stays", async (t) => {
  const disk = await smallDisk(t, 400);
  if (disk === undefined) return t.skip("a small disk needs root and the right to mount");
  const data = join(disk, "data");
  await mkdir(data);
  const server = await startServer(t, { data, embedded: true, environment: { UTSURU_LOG: "fatal" } });
  const ada = await newPerson(server);
  const answers = new Answers();
  for (let i = 0; i < 8; i++) assert.ok(await uploadOne(ada, answers));

  await fill(disk, 10 * mebibyte);
  assert.equal(await uploadOne(ada, answers), undefined);
  assert.equal(answers.note(await ada.uploadLater(await smallPictures(1)), [202]), false);
  const [first = "", second = "", third = ""] = answers.kept.keys();
  for (const id of [first, second]) assert.ok(await removeOne(ada, answers, id), "deletions have room");
  assert.ok(await searchOne(ada, answers, third));

  await fill(disk, 0);
  const stop = new AbortController();
  const using = Promise.all([1, 2, 3].map(() => useLibrary(ada, answers, stop.signal)));
  await delay(faultMs);
  assert.equal((await ada.call("GET", "/api/images")).status, 200);
  assert.ok((await ada.download(`/api/images/${third}/thumbnail`)).bytes.length > 0);
  stop.abort();
  await using;
  t.diagnostic(`full: ${answers.summary()}`);

  await rm(join(disk, "filling"));
  for (const end = Date.now() + patienceMs; (await uploadOne(ada, answers)) === undefined; await delay(100))
    assert.ok(Date.now() < end, "the disk is not used again");
  await checkAnswers(ada, answers);
  assert.ok((answers.statuses[507] ?? 0) > 0);
  assert.equal(await server.stop(), 0);
  await checkLibrary({ UTSURU_DATA: data });
});
