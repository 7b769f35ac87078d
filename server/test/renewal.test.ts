import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";
import sharp from "sharp";
import { atEnd } from "./support/at-end.ts";
import { testDatabase } from "./support/database.ts";
import { call, newPerson, type Person, personWith } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer, startWorker } from "./support/server.ts";

const patienceMs = 60_000;

/** What servers and workers of one library share. */
type Library = {
  readonly settings: Readonly<Record<string, string>>;
  query(text: string): Promise<readonly Record<string, string>[]>;
};

async function newLibrary(t: TestContext): Promise<Library> {
  const { url } = await testDatabase(t);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  atEnd(t, () => client.end());
  const settings = {
    UTSURU_DATABASE_URL: url,
    UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href,
    UTSURU_SECRET: randomBytes(32).toString("hex"),
  };
  return { settings, query: async (text) => (await client.query(text)).rows };
}

/** Small pictures of one person, sent to a server that does no tasks. */
async function keepImages(server: { url: string }, count: number): Promise<{ ada: Person; ids: readonly string[] }> {
  const ada = await newPerson(server);
  const files = await Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      name: `${i}.jpg`,
      bytes: await jpegOf(90_000 + i, { width: 160, height: 120 }),
    })),
  );
  const { status, body } = await ada.upload(files);
  assert.equal(status, 201);
  return { ada, ids: body.results.map(({ image }: { image: { id: string } }) => image.id) };
}

/** What a library looks like that an older version left: codes some bits off, no features, no codes of the mirrored pictures. */
const age = [
  "update image_data set derived_version = 1",
  "update fingerprints set mirrored = null, code = code # (repeat('0', 248) || '11111111')::bit(256)",
  "delete from local_features",
];

const derived = `
  select i.id, f.algorithm, f.code, f.mirrored, l.packed
  from images i join fingerprints f on f.image_id = i.id left join local_features l on l.image_id = i.id order by 1, 2`;

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + patienceMs; !(await isSo()); await delay(50)) assert.ok(Date.now() < end, what);
}

async function staleIn({ query }: Library): Promise<number> {
  const [row] = await query("select count(*)::int as count from image_data where derived_version = 1");
  return Number(row?.count);
}

test("after an upgrade every image is derived anew once, by several workers, one of them killed; meanwhile all is found", async (t) => {
  const library = await newLibrary(t);
  const environment = { ...library.settings, UTSURU_WORKERS: "0" };
  const before = await startServer(t, { environment, embedded: true });
  const { ada, ids } = await keepImages(before, 24);
  const wanted = await library.query(derived);
  await before.stop();
  for (const statement of age) await library.query(statement);
  // How often each image was written: the trigger is this test's own.
  await library.query("create table written (image_id uuid)");
  await library.query(`create function note_written() returns trigger language plpgsql as
    $$ begin insert into written values (new.image_id); return null; end $$`);
  await library.query(`create trigger note_written after update of derived_version on image_data
    for each row execute function note_written()`);

  const server = await startServer(t, { environment, embedded: true });
  const person = personWith(server.url, ada);
  const search = async (id: string) => (await person.call("POST", "/api/search?stages=global", { imageId: id })).status;
  assert.equal(await staleIn(library), ids.length);
  const maintenance = async (): Promise<string> =>
    (await call(`${server.url}/metrics`)).body.match(
      /utsuru_queue_tasks\{lane="maintenance",state="waiting"\} (\d+)/,
    )?.[1];
  await until(async () => (await maintenance()) === `${ids.length}`, "the images were not put into the queue");

  const killed = await startWorker(t, library.settings);
  await until(async () => (await staleIn(library)) < ids.length, "no image was derived anew");
  await killed.stop("SIGKILL");
  t.diagnostic(`${await staleIn(library)} of ${ids.length} were left when the worker was killed`);
  await Promise.all([startWorker(t, library.settings), startWorker(t, library.settings)]);
  for (const id of ids) assert.equal(await search(id), 200);
  await until(async () => (await staleIn(library)) === 0, "images were left as they were");
  assert.deepEqual(await library.query(derived), wanted);
  const [written] = await library.query("select count(*) as all, count(distinct image_id) as images from written");
  assert.deepEqual(written, { all: `${ids.length}`, images: `${ids.length}` });
});

test("with parts=later whole copies are found at once, parts and thumbnail are there when maintenance has come to the image", async (t) => {
  const library = await newLibrary(t);
  const server = await startServer(t, { environment: { ...library.settings, UTSURU_WORKERS: "0" }, embedded: true });
  const ada = await newPerson(server);
  const bytes = await jpegOf(91_000, { width: 640, height: 480 });
  const middle = { left: 160, top: 120, width: 320, height: 240 };
  const crop = await sharp(bytes).extract(middle).jpeg().toBuffer();
  const verdictOf = async (query: Buffer): Promise<string | undefined> =>
    (await ada.search({ name: "query.jpg", bytes: query })).body.matches[0]?.verdict;
  const file = { name: "a.jpg", bytes };
  assert.equal((await ada.upload([file], { parts: "sometime" })).status, 422);
  assert.equal((await ada.uploadLater([file], { parts: "later" })).status, 422);
  assert.equal((await ada.upload([file], { parts: "later" })).status, 201);
  assert.deepEqual([await verdictOf(bytes), await verdictOf(crop)], ["exact", undefined]);
  const isThere = async (): Promise<boolean> => {
    const [row] = await library.query("select thumbnail_bytes from image_data");
    return row?.thumbnail_bytes !== null;
  };
  assert.equal(await isThere(), false);
  await startWorker(t, library.settings);
  await until(async () => (await verdictOf(crop)) === "partial", "it is not found by its parts");
  assert.equal(await isThere(), true);
  const { bytes: thumbnail } = await ada.download((await ada.call("GET", "/api/images")).body.items[0].thumbnailUrl);
  assert.equal((await sharp(thumbnail).metadata()).format, "webp");
});

test("a thumbnail that is not there yet is made for who looks first, however many look at once", async (t) => {
  const library = await newLibrary(t);
  const server = await startServer(t, { environment: { ...library.settings, UTSURU_WORKERS: "0" }, embedded: true });
  const ada = await newPerson(server);
  const bytes = await jpegOf(92_000, { width: 640, height: 480 });
  const { body } = await ada.upload([{ name: "a.jpg", bytes }], { parts: "later" });
  const { thumbnailUrl } = body.results[0].image;
  const looks = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ada.download(thumbnailUrl)));
  for (const { status, bytes: thumbnail } of looks) {
    assert.equal(status, 200);
    assert.ok(thumbnail.equals(looks[0]?.bytes ?? Buffer.of()));
  }
  const { width, height } = await sharp(looks[0]?.bytes).metadata();
  assert.deepEqual([width, height], [320, 240]);
  assert.deepEqual(await library.query("select * from bucket_puts"), []);
});

test("a thumbnail that the bucket has lost is made anew when someone asks for it", async (t) => {
  const library = await newLibrary(t);
  const server = await startServer(t, { environment: library.settings, embedded: true });
  const { ada, ids } = await keepImages(server, 1);
  const thumbnail = `/api/images/${ids[0]}/thumbnail`;
  const { bytes } = await ada.download(thumbnail);
  const [row] = await library.query("select thumbnail_key from image_data");
  await rm(join(fileURLToPath(library.settings.UTSURU_BUCKET ?? ""), row?.thumbnail_key ?? ""));
  assert.ok((await ada.download(thumbnail)).bytes.equals(bytes));
  assert.deepEqual(await library.query("select * from bucket_puts"), []);
});
