import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import sharp from "sharp";
import { addImage, addPerson, contentOf, emptyLibrary, keysIn } from "../src/backup/testing/small-library.ts";
import { bucketName, cloudServers, settingsOf } from "../src/buckets/testing/cloud-servers.ts";
import { atEnd } from "./support/at-end.ts";
import { runCommand, startCommand } from "./support/command.ts";
import { testDatabase } from "./support/database.ts";
import { newPerson, type Person, personWith, post, type Upload } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer, type TestServer } from "./support/server.ts";

type Settings = Readonly<Record<string, string>>;

/** Runs a command with --json and reads what it printed. */
async function printed(args: readonly string[], settings: Settings) {
  const { code, stdout, stderr } = await runCommand([...args, "--json"], settings);
  assert.notEqual(stdout, "", stderr);
  return { code, stderr, report: JSON.parse(stdout) };
}

/** Drawings as files, small ones. */
async function drawings(from: number, count: number): Promise<Upload[]> {
  const size = { width: 240, height: 180 };
  return Promise.all(
    Array.from({ length: count }, async (_, at) => ({
      name: `${from + at}.jpg`,
      bytes: await jpegOf(from + at, size),
    })),
  );
}

async function turned({ name, bytes }: Upload): Promise<Upload> {
  return { name: `turned-${name}`, bytes: await sharp(bytes).rotate(90).jpeg({ quality: 80 }).toBuffer() };
}

/** Logs someone in at another server by their password. */
async function sameAt(server: TestServer, { email, password }: Person): Promise<Person> {
  const { status, body } = await post(`${server.url}/api/login`, { email, password });
  assert.equal(status, 200);
  return personWith(server.url, { email, password, token: body.token });
}

/** What someone sees of their library: lists, groups of copies, and what searches answer, scores and orientations included. */
async function seenBy(person: Person, queries: readonly Upload[]) {
  const images = await person.call("GET", "/api/images?limit=100");
  const duplicates = await person.call("GET", "/api/duplicates");
  const searches = [];
  for (const query of queries) {
    const { body } = await person.search(query, "?limit=100");
    searches.push(body.matches);
  }
  return { images: images.body, duplicates: duplicates.body, searches };
}

/** Waits until something holds; servers learn within moments of what others have done. */
async function eventually(holds: () => Promise<void>): Promise<void> {
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(100);
    }
  }
}

/** SHA-256 of every file and thumbnail that someone has. */
async function filesOf(person: Person): Promise<Readonly<Record<string, string>>> {
  const { body } = await person.call("GET", "/api/images?limit=100");
  const files: Record<string, string> = {};
  for (const { id, sha256 } of body.items) {
    for (const path of [`/api/images/${id}/file`, `/api/images/${id}/thumbnail`]) {
      const { status, bytes } = await person.download(path);
      assert.equal(status, 200, path);
      files[path] = createHash("sha256").update(bytes).digest("hex");
    }
    assert.equal(files[`/api/images/${id}/file`], sha256);
  }
  return files;
}

/** Uploads and deletes as fast as the server lets them until told to end; knows what came of each. */
function churn(person: Person, from: number) {
  const kept = new Set<string>();
  const deleted = new Set<string>();
  let isOver = false;
  const work = (async () => {
    for (let seed = from; !isOver; seed += 2) {
      const { body } = await person.upload(await drawings(seed, 2), { visibility: "private" });
      const [first, second] = body.results.map((result: { image: { id: string } }) => result.image.id);
      kept.add(first);
      deleted.add(second);
      assert.equal((await person.call("DELETE", `/api/images/${second}`)).status, 204);
    }
  })();
  return {
    kept,
    deleted,
    end: async () => {
      isOver = true;
      await work;
    },
  };
}

/** The first server of each kind of cloud. */
const stores = (["s3", "gs"] as const).flatMap((scheme) => cloudServers.find((one) => one.scheme === scheme) ?? []);

for (const { name, scheme, missing, start } of stores) {
  const title = `a library moves to another database and ${name}, while people go on uploading and deleting`;
  test(title, { skip: missing ?? false }, async (t) => {
    const store = await start();
    atEnd(t, () => store.stop());
    const [data, file] = [await dataFolder(t), join(await dataFolder(t), "library.tar")];
    const first = await startServer(t, { data, embedded: true });
    const [ada, bob] = [await newPerson(first), await newPerson(first)];
    const [one, two, three] = await drawings(1, 3);
    assert.ok(one && two && three);
    await ada.upload([one, two, await turned(one)], { visibility: "private" });
    const { body: doomed } = await bob.upload(await drawings(900, 4), { visibility: "private" });
    const queries = [three, await turned(two)];
    const [before, files] = [await seenBy(ada, queries), await filesOf(ada)];

    const churning = churn(bob, 1000);
    const deleting = Promise.all(
      doomed.results.map(({ image }: { image: { id: string } }) => bob.call("DELETE", `/api/images/${image.id}`)),
    );
    const { code, report, stderr } = await printed(["backup", file], { UTSURU_DATA: data });
    await deleting;
    await churning.end();
    assert.deepEqual([code, report.problems], [0, []], stderr);
    assert.equal(await first.stop(), 0);

    const target = {
      UTSURU_DATA: await dataFolder(t),
      UTSURU_DATABASE_URL: (await testDatabase(t)).url,
      UTSURU_BUCKET: `${scheme}://${bucketName}/restored`,
      ...settingsOf(scheme, store.endpoint),
    };
    // It runs already, and learns of what is restored as servers learn of what others take in.
    const second = await startServer(t, { data: target.UTSURU_DATA, embedded: true, environment: target });
    const restored = await printed(["restore", file], target);
    assert.deepEqual([restored.code, restored.report.images], [0, report.images], restored.stderr);
    const adaThere = await sameAt(second, ada);
    await eventually(async () => assert.deepEqual(await seenBy(adaThere, queries), before));
    assert.deepEqual(await filesOf(adaThere), files);
    const old = personWith(second.url, ada);
    assert.equal((await old.call("GET", "/api/me")).status, 401, "a token of the first server");
    const bobsFiles = await filesOf(await sameAt(second, bob));
    assert.equal(Object.keys(bobsFiles).length, 2 * (report.images - 3));
    assert.equal((await adaThere.upload([one])).body.results[0].status, "duplicate");
    const doctor = await runCommand(["doctor"], target);
    assert.match(doctor.stdout, /All is well/);
    await second.stop();
  });
}

test("a backup goes through a pipe", async (t) => {
  const [library, other] = [await emptyLibrary(t), await emptyLibrary(t)];
  await addImage(library, await addPerson(library));
  const [from, to] = [startCommand(["backup", "-"], library.settings), startCommand(["restore", "-"], other.settings)];
  from.process.stdout?.pipe(to.process.stdin as Writable);
  assert.match((await to.end()).stdout, /^Restored images: 1, objects: 2; /);
  assert.deepEqual(await contentOf(other), await contentOf(library));
});

test("a backup and a restore that are killed go on when they are run again, and leave nothing else", async (t) => {
  const [library, other] = [await emptyLibrary(t), await emptyLibrary(t)];
  const ada = await addPerson(library);
  for (let at = 0; at < 140; at++) await addImage(library, ada, randomBytes(100_000));
  const file = join(await dataFolder(t), "library.tar");
  const TMPDIR = await dataFolder(t); // what is killed leaves files of its own there
  await killBackup(file, { ...library.settings, TMPDIR });
  const { code, report } = await printed(["backup", file], library.settings);
  assert.deepEqual([code, report.images, report.reused > 0], [0, 140, true], JSON.stringify(report));
  const bytes = await readFile(file);
  for (const share of [0.1, 0.7]) {
    const { process: child, end } = startCommand(["restore", "-"], { ...other.settings, TMPDIR });
    child.stdin?.on("error", () => {}); // it is killed before it has read all
    child.stdin?.write(bytes.subarray(0, share * bytes.length));
    while ((await keysIn(other)).length < 280 * (share - 0.1)) await pause(20);
    child.kill("SIGKILL");
    assert.equal((await end()).code, null);
    assert.equal((await other.catalog.records.count()) % 64, 0);
  }
  const restored = await printed(["restore", file], other.settings);
  assert.deepEqual([restored.code, restored.report.images, restored.stderr], [0, 140, ""]);
  assert.deepEqual(await contentOf(other), await contentOf(library));
  assert.equal((await keysIn(other)).length, 280);
  assert.equal((await runCommand(["restore", file, "--check"])).code, 0);

  const third = await emptyLibrary(t);
  await truncate(file, 0.7 * bytes.length);
  assert.match((await runCommand(["restore", file], third.settings)).stderr, /is not whole: it ends /);
  const { report: takenOut } = await printed(["restore", "--abandon"], third.settings);
  assert.deepEqual([takenOut.images, takenOut.left], [64, { people: 0, images: 0 }]);
  assert.deepEqual(await keysIn(third), []);
});

test("what cannot be is said in a sentence", async (t) => {
  const library = await emptyLibrary(t);
  await addImage(library, await addPerson(library));
  const folder = await dataFolder(t);
  const [file, text] = [join(folder, "library.tar"), join(folder, "text")];
  await writeFile(text, "not a backup");
  const refused = async (args: readonly string[], words: RegExp, settings: Settings = library.settings) => {
    const { code, stdout, stderr } = await runCommand(args, settings);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(stderr, words);
    assert.equal(stderr.trim().split("\n").length, 1);
  };
  // Neither a wrong place nor a wrong file makes a library that was not there.
  const nowhere = { UTSURU_DATA: join(folder, "nowhere") };
  await refused(
    ["backup", file],
    /^utsuru: There is no library in .*nowhere; UTSURU_DATA says where it is\.$/m,
    nowhere,
  );
  await refused(["restore", text], /^utsuru: The file is not a backup of Utsuru\.$/m, nowhere);
  assert.equal(existsSync(nowhere.UTSURU_DATA), false);
  const made = await runCommand(["backup", file], library.settings);
  assert.match(made.stdout, /^Backed up images: 1, objects: 2; 0\.0 MB in /);
  await refused(["backup", file], /^utsuru: There is a file .* already: give another name, or move it away\.$/m);
  await refused(["restore", file], /^utsuru: The library is not empty: accounts 1, images 1, none of them from this/);
  await refused(["restore", folder], /^utsuru: The file .* cannot be read: /);
  await truncate(file, (await stat(file)).size - 3000);
  await refused(["restore", "--check", file], /^utsuru: The (backup|archive) is not whole: it ends /);
  for (const args of [[file, "--force"], [], [file, "--keep"], ["--abandon", "--keep"]])
    assert.equal((await runCommand(["restore", ...args])).code, 2, args.join(" "));
  await refused(["restore", "--keep"], /^utsuru: There is no unfinished restore in this library\.$/m);
});

/** Kills a backup when it has written some pictures; anew when it was faster. */
async function killBackup(file: string, settings: Settings): Promise<void> {
  for (;;) {
    const { process: child, end } = startCommand(["backup", file], settings);
    while (child.exitCode === null && (await sizeOf(`${file}.part`)) < 1e6) await pause(2);
    child.kill("SIGKILL");
    if ((await end()).code === null && !existsSync(file)) return;
    await rm(file, { force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
