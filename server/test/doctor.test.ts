import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import pg from "pg";
import sharp from "sharp";
import { atEnd } from "./support/at-end.ts";
import { type Outcome, runCommand } from "./support/command.ts";
import { testDatabase } from "./support/database.ts";
import { newPerson, type Person } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer } from "./support/server.ts";

type Settings = Readonly<Record<string, string>>;

function doctor(settings: Settings, ...args: string[]): Promise<Outcome> {
  return runCommand(["doctor", ...args], settings);
}

/** The findings and the summary of `--json`. */
async function examine(settings: Settings, ...args: string[]) {
  const { code, stdout, stderr } = await doctor(settings, "--json", ...args);
  assert.equal(stderr, "");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { code, findings: lines.slice(0, -1), summary: lines.at(-1) };
}

const kindsOf = (findings: readonly { readonly kind: string }[]): string[] => findings.map(({ kind }) => kind).sort();

interface Library {
  readonly settings: Settings;
  readonly ada: Person;
  /** Ids. */
  readonly images: readonly string[];
  query(text: string, values: readonly unknown[]): Promise<readonly Record<string, string>[]>;
  /** The file that the bucket keeps under a key of an image. */
  fileOf(id: string, which: "original" | "thumbnail"): Promise<string>;
}

/** A server with five pictures, one of them with nothing to see on it. */
async function libraryOfFive(t: TestContext, more: Readonly<Record<string, string>> = {}): Promise<Library> {
  const data = await dataFolder(t);
  const { url } = await testDatabase(t);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  atEnd(t, () => client.end());
  const server = await startServer(t, { data, environment: { UTSURU_DATABASE_URL: url, ...more }, embedded: true });
  const ada = await newPerson(server);
  const flat = await sharp({ create: { width: 300, height: 200, channels: 3, background: "#888" } })
    .png()
    .toBuffer();
  const files = [flat, ...(await Promise.all([1, 2, 3, 4].map((seed) => jpegOf(seed))))];
  const { body } = await ada.upload(files.map((bytes, i) => ({ name: `${i}.jpg`, bytes })));
  const images = body.results.map((result: { image: { id: string } }) => result.image.id);
  const query: Library["query"] = async (text, values) => (await client.query(text, [...values])).rows;
  const fileOf: Library["fileOf"] = async (id, which) => {
    const [row] = await query(`select ${which}_key as key from image_data where image_id = $1`, [id]);
    return join(data, "images", row?.key ?? "");
  };
  return { settings: { UTSURU_DATA: data, UTSURU_DATABASE_URL: url }, ada, images, query, fileOf };
}

test("of a library that is whole the doctor finds nothing wrong, in words and as JSON", async (t) => {
  const { settings } = await libraryOfFive(t);
  const words = await doctor(settings);
  assert.deepEqual(words, { code: 0, stdout: "Examined images: 5, objects: 10. All is well.\n", stderr: "" });
  const { code, findings, summary } = await examine(settings, "--repair");
  assert.deepEqual([code, findings], [0, []]);
  assert.deepEqual(summary, { images: 5, objects: 10, waiting: 0, findings: 0, mended: 0 });
});

test("the doctor finds what is lost, damaged, stale or unexplained, and mends what can be", async (t) => {
  const { settings, ada, images, query, fileOf } = await libraryOfFive(t);
  const [, lostOriginal, badOriginal, badThumbnails, staleCodes] = images as [string, string, string, string, string];
  await rm(await fileOf(lostOriginal, "original"));
  await truncate(await fileOf(badOriginal, "original"), 1000);
  await writeFile(await fileOf(badThumbnails, "thumbnail"), "no thumbnail");
  await rm(await fileOf(staleCodes, "thumbnail"));
  await query("update fingerprints set code = ~code where image_id = $1 and algorithm = 'pdq'", [staleCodes]);
  await query("delete from local_features where image_id = $1", [staleCodes]);
  await query(
    "update local_features set packed = overlay(packed placing '\\x00'::bytea from 2000) where image_id = $1",
    [badThumbnails],
  );
  await query("update fingerprints set mirrored = reverse(mirrored::text)::bit(768) where image_id = $1", [images[0]]);
  const sixth = await ada.upload([{ name: "6.jpg", bytes: await jpegOf(6) }]);
  await query("delete from image_data where image_id = $1", [sixth.body.results[0].image.id]);
  const strange = join(settings.UTSURU_DATA ?? "", "images", "originals", "strange");
  await writeFile(strange, "not ours");

  const lasting = [
    ...["image-undescribed", "object-unexplained", "object-unexplained", "object-unexplained"],
    ...["original-damaged", "original-missing"],
  ];
  const mendable = [
    ...["features-missing", "features-stale", "fingerprints-stale", "fingerprints-stale"],
    ...["thumbnail-damaged", "thumbnail-missing"],
  ];
  const seen = await examine(settings);
  assert.deepEqual([seen.code, kindsOf(seen.findings)], [1, [...lasting, ...mendable].sort()]);
  assert.ok(seen.findings.every(({ mended }) => mended === false));
  const mending = await examine(settings, "--repair");
  assert.equal(mending.code, 1);
  assert.deepEqual(kindsOf(mending.findings.filter(({ mended }) => mended)), mendable);
  assert.deepEqual(mending.summary, { images: 5, objects: 12, waiting: 0, findings: 12, mended: 6 });
  const after = await examine(settings);
  assert.deepEqual([after.code, kindsOf(after.findings)], [1, lasting]);
  assert.equal(await readFile(strange, "utf8"), "not ours");
  const thumbnail = await ada.download(`/api/images/${badThumbnails}/thumbnail`);
  assert.equal((await sharp(thumbnail.bytes).metadata()).format, "webp");
});

test("what a crash left is no finding, and goes when it is old", async (t) => {
  const { settings, query } = await libraryOfFive(t);
  const leave = async (noted: string): Promise<string> => {
    const key = `originals/${randomUUID()}`;
    const path = join(settings.UTSURU_DATA ?? "", "images", key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "left");
    await query("insert into bucket_puts (id, image_id, keys, noted_at) values ($1, $2, $3, now() - $4::interval)", [
      ...[randomUUID(), randomUUID(), [key], noted],
    ]);
    return path;
  };
  const [young, old] = [await leave("1 minute"), await leave("3 hours")];
  assert.deepEqual((await examine(settings)).findings, []);
  assert.deepEqual((await examine(settings, "--repair")).findings, []);
  assert.deepEqual([existsSync(young), existsSync(old)], [true, false]);
});

test("what maintenance has yet to make is counted, and found missing when its task was set aside", async (t) => {
  const { settings, ada, query } = await libraryOfFive(t, { UTSURU_WORKERS: "0" });
  const { body } = await ada.upload([{ name: "6.jpg", bytes: await jpegOf(6) }], { parts: "later" });
  const waiting = await doctor(settings);
  const inWords =
    "Examined images: 6, objects: 11. All is well. Found as wholes, but maintenance has yet to come to them: 1.\n";
  assert.deepEqual(waiting, { code: 0, stdout: inWords, stderr: "" });
  const task = { kind: "renew", imageId: body.results[0].image.id };
  await query("insert into pgboss.job (name, source_name, data) values ('set-aside', 'maintenance', $1)", [
    JSON.stringify(task),
  ]);
  const { code, findings, summary } = await examine(settings);
  assert.deepEqual([code, kindsOf(findings)], [1, ["features-missing", "thumbnail-missing"]]);
  assert.equal(summary?.waiting, 0);
});

test("everything embedded: the doctor works beside the server and without it", async (t) => {
  const data = await dataFolder(t);
  const server = await startServer(t, { data, embedded: true });
  const ada = await newPerson(server);
  await ada.upload([{ name: "a.jpg", bytes: await jpegOf(1) }]);
  const well = { code: 0, stdout: "Examined images: 1, objects: 2. All is well.\n", stderr: "" };
  assert.deepEqual(await doctor({ UTSURU_DATA: data }), well);
  assert.equal(await server.stop(), 0);
  assert.deepEqual(await doctor({ UTSURU_DATA: data }), well);
});
