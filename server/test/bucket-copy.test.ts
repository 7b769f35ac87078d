import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { bucketName, cloudServers, settingsOf } from "../src/buckets/testing/cloud-servers.ts";
import { atEnd } from "./support/at-end.ts";
import { type RunningCommand, runCommand, startCommand } from "./support/command.ts";
import { newPerson } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer } from "./support/server.ts";

/** Starts `utsuru bucket copy`; `end` waits for it. */
function startCopy(args: readonly string[], settings?: Readonly<Record<string, string>>): RunningCommand {
  return startCommand(["bucket", "copy", ...args], settings);
}

async function copied(args: readonly string[], settings?: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await startCopy([...args, "--json"], settings).end();
  return { code, stderr, report: JSON.parse(stdout) };
}

const urlOf = (folder: string): string => pathToFileURL(folder).href;

/** Files of a folder bucket, as another program may have left them. */
async function fillFolder(folder: string, count: number): Promise<void> {
  await mkdir(join(folder, "originals"), { recursive: true });
  for (let at = 0; at < count; at++) await writeFile(join(folder, "originals", `${at}`), `object number ${at}`);
}

for (const { name, scheme, missing, start } of cloudServers) {
  test(`a server goes on with its library in ${name}, copied while it ran`, { skip: missing ?? false }, async (t) => {
    const store = await start();
    atEnd(t, () => store.stop());
    const settings = settingsOf(scheme, store.endpoint);
    const [from, to, data] = [urlOf(await dataFolder(t)), `${scheme}://${bucketName}/moved`, await dataFolder(t)];
    const first = await startServer(t, { data, embedded: true, environment: { UTSURU_BUCKET: from } });
    const ada = await newPerson(first);
    const pictures = await Promise.all([1, 2, 3].map((seed) => jpegOf(seed)));
    const { body } = await ada.upload(pictures.map((bytes, at) => ({ name: `${at}.jpg`, bytes })));
    const running = await copied([from, to], settings);
    assert.deepEqual([running.code, running.report.copied, running.report.failed], [0, 6, 0], running.stderr);
    await first.stop();
    const again = await copied([from, to, "--verify"], settings);
    assert.deepEqual([again.code, again.report.copied, again.report.present], [0, 0, 6]);
    const cloud = { ...settings, UTSURU_BUCKET: to };
    const second = await startServer(t, { data, embedded: true, environment: cloud });
    const headers = { authorization: `Bearer ${ada.token}` };
    for (const [at, { image }] of body.results.entries()) {
      const file = await fetch(`${second.url}${image.url}`, { headers });
      assert.deepEqual(Buffer.from(await file.arrayBuffer()), pictures[at]);
    }
    await second.stop();
    // What the rows say of the objects is still the first store's, until the doctor has looked.
    const doctor = (...args: string[]) => runCommand(["doctor", ...args], { ...cloud, UTSURU_DATA: data });
    const mending = await doctor("--repair", "--json");
    const kinds = mending.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).kind);
    assert.deepEqual([mending.code, kinds], [0, [...Array(3).fill("generations-stale"), undefined]]);
    assert.match((await doctor()).stdout, /All is well/);
  });
}

test("a copy that is interrupted says how to go on; the next run goes on", async (t) => {
  const [from, to] = [await dataFolder(t), await dataFolder(t)];
  await fillFolder(from, 3000);
  const run = startCopy([urlOf(from), urlOf(to), "--at-once", "2", "--json"]);
  const until = Date.now() + 30_000;
  while ((await readdir(join(to, "originals")).catch(() => [])).length < 20) {
    assert.ok(Date.now() < until, "nothing is copied");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  run.process.kill("SIGINT");
  const { code, stdout, stderr } = await run.end();
  const first = JSON.parse(stdout);
  assert.deepEqual([code, first.isWhole], [1, false]);
  assert.match(stderr, /Interrupted\. The same command goes on/);
  assert.ok(first.copied < 3000);
  const rest = await copied([urlOf(from), urlOf(to)]);
  assert.deepEqual([rest.code, rest.report.objects, rest.report.isWhole], [0, 3000, true]);
  assert.ok(rest.report.present >= 20);
  assert.equal((await readdir(join(to, "originals"))).length, 3000);
});

test("an object that differs at its place is told, is not replaced, and gives 1 after the rest", async (t) => {
  const [from, to] = [await dataFolder(t), await dataFolder(t)];
  await fillFolder(from, 10);
  await mkdir(join(to, "originals"));
  await writeFile(join(to, "originals", "3"), "object number ?");
  const quick = await copied([urlOf(from), urlOf(to)]);
  assert.deepEqual([quick.code, quick.report.copied, quick.report.present], [0, 9, 1], "it has the same size");
  const { code, report } = await copied([urlOf(from), urlOf(to), "--verify"]);
  assert.deepEqual([code, report.present, report.failed, report.faults[0].key], [1, 9, 1, "originals/3"]);
  const words = await startCopy([urlOf(from), urlOf(to), "--verify"]).end();
  assert.match(words.stdout, /^0 copied, 9 were there already, 1 could not be copied; /);
  assert.match(words.stderr, /^originals\/3: /);
});

test("a store that is not there, the same one twice, and what is no store are refused", async (t) => {
  const folder = await dataFolder(t);
  const missing = await startCopy([urlOf(join(folder, "missing")), urlOf(folder)]).end();
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /There is no folder for pictures/);
  assert.deepEqual(await readdir(folder), [], "nothing was made");
  assert.equal((await startCopy([urlOf(folder), `${urlOf(folder)}/`]).end()).code, 1);
  for (const args of [[], [urlOf(folder)], [folder, urlOf(folder)], [urlOf(folder), "gs://x", "--at-once", "0"]])
    assert.equal((await startCopy(args).end()).code, 2);
});
