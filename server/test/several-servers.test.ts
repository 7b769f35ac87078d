import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { testDatabase } from "./support/database.ts";
import { call, newPerson, type Person, personWith, post } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer, type TestServer } from "./support/server.ts";

/** So long a change may take to be found on a server that others share the machine with. */
const patienceMs = 20_000;

/** Starts servers of one installation, each with the data folder it is given: one database, one bucket, one secret. */
async function installation(t: TestContext): Promise<(data: string) => Promise<TestServer>> {
  const { url } = await testDatabase(t);
  const environment = {
    UTSURU_DATABASE_URL: url,
    UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href,
    UTSURU_SECRET: randomBytes(32).toString("hex"),
  };
  return (data) => startServer(t, { data, environment, embedded: true });
}

interface Known {
  readonly id: string;
  readonly fingerprint: unknown;
}

/** Pictures of many seeds at once, sent one after another: small, so that what is measured is not the decoder. */
let seed = 1000;
async function uploadOne(person: Person): Promise<Known | undefined> {
  const answer = await person.upload([{ name: "a.jpg", bytes: await jpegOf(seed++, { width: 160, height: 120 }) }]);
  if (answer.status !== 201) return undefined;
  const { id, fingerprint } = answer.body.results[0].image;
  return { id, fingerprint };
}

/** The ids that a search by fingerprint finds: by the index alone, for no bytes are sent. */
async function findIds(person: Person, { fingerprint }: Known): Promise<string[]> {
  const { status, body } = await person.call("POST", "/api/search", { fingerprint });
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(body.index.lagMs >= 0);
  return body.matches.map((match: { image: { id: string } }) => match.image.id);
}

async function indexedImages(person: Person, any: Known): Promise<number> {
  return (await person.call("POST", "/api/search", { fingerprint: any.fingerprint })).body.index.images;
}

async function until(condition: () => Promise<boolean>, what: string): Promise<number> {
  const begun = Date.now();
  while (!(await condition())) {
    assert.ok(Date.now() - begun < patienceMs, `${what} did not come to pass within ${patienceMs} ms`);
    await delay(20);
  }
  return Date.now() - begun;
}

test("what is uploaded to one server is found on the other, and what is deleted on one is gone from both", async (t) => {
  const start = await installation(t);
  const [here, there] = [await start(await dataFolder(t)), await start(await dataFolder(t))];
  const ada = await newPerson(here);
  const onThere = personWith(there.url, ada);
  const image = await uploadOne(ada);
  assert.ok(image);
  assert.deepEqual(await findIds(ada, image), [image.id]);
  const foundMs = await until(async () => (await findIds(onThere, image)).length === 1, "being found");
  assert.equal((await onThere.call("DELETE", `/api/images/${image.id}`)).status, 204);
  assert.equal(await indexedImages(onThere, image), 0);
  const goneMs = await until(async () => (await indexedImages(ada, image)) === 0, "being gone");
  t.diagnostic(`found after ${foundMs} ms, gone after ${goneMs} ms`);
});

test("who logs out on one server is logged out on the other, and no other login is", async (t) => {
  const start = await installation(t);
  const [here, there] = [await start(await dataFolder(t)), await start(await dataFolder(t))];
  const ada = await newPerson(here);
  const { email, password } = ada;
  const { body } = await post(`${there.url}/api/login`, { email, password });
  const [onThere, secondLogin] = [
    personWith(there.url, ada),
    personWith(here.url, { email, password, token: body.token }),
  ];
  assert.equal((await onThere.call("GET", "/api/me")).status, 200);
  assert.equal((await ada.call("POST", "/api/logout")).status, 204);
  for (const person of [onThere, ada]) {
    const answer = await person.call("GET", "/api/me");
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
  }
  assert.equal((await secondLogin.call("GET", "/api/me")).status, 200);
});

/** Uploads, and sometimes deletes, until it is told to stop or its server is gone; notes what was answered. */
async function work(person: Person, notes: Notes, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted) {
      const image = await uploadOne(person);
      if (image) notes.created.push(image);
      if (!image || randomInt(4) > 0) continue;
      notes.unsure.add(image.id);
      const { status } = await person.call("DELETE", `/api/images/${image.id}`);
      if (status === 204) notes.deleted.add(image.id);
    }
  } catch (error) {
    // The server was killed while it worked on this: what was not answered may or may not be there.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Searches for what was taken in last until it is told to stop; each answer is one, and nothing is in it twice. */
function searchOn(
  person: Person,
  notes: Notes,
  signal: AbortSignal,
): { count(): number; readonly ended: Promise<void> } {
  let count = 0;
  const search = async (): Promise<void> => {
    while (!signal.aborted) {
      const image = notes.created.at(-1);
      const ids = image ? await findIds(person, image) : [];
      assert.equal(new Set(ids).size, ids.length);
      if (image) count++;
      else await delay(20);
    }
  };
  return { count: () => count, ended: search() };
}

interface Notes {
  readonly created: Known[];
  readonly deleted: Set<string>;
  /** Deletions that were asked for; those not answered may have been done. */
  readonly unsure: Set<string>;
}

async function ownIds(person: Person): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  for (;;) {
    const { body } = await person.call("GET", `/api/images?limit=100${cursor}`);
    for (const { id } of body.items) ids.push(id);
    if (body.next === null) return ids.sort();
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
}

test("a server that is killed under load comes back; both find every answered upload once and no answered deletion", async (t) => {
  const start = await installation(t);
  const data = await dataFolder(t);
  const [killed, other] = [await start(data), await start(await dataFolder(t))];
  const ada = await newPerson(killed);
  const onOther = personWith(other.url, ada);
  const notes: Notes = { created: [], deleted: new Set(), unsure: new Set() };
  const stopping = new AbortController();
  const workers = [ada, ada, onOther, onOther].map((person) => work(person, notes, stopping.signal));
  const searching = searchOn(onOther, notes, stopping.signal);
  await delay(2_500);
  await killed.stop("SIGKILL");
  const searchesBefore = searching.count();
  await delay(1_000);
  await until(async () => searching.count() > searchesBefore, "a search while the other server is down");
  const again = await start(data);
  const onAgain = personWith(again.url, ada);
  workers.push(work(onAgain, notes, stopping.signal));
  await delay(1_500);
  stopping.abort();
  await Promise.all([...workers, searching.ended]);

  const ids = await ownIds(onOther);
  const expected = notes.created.filter(({ id }) => !notes.deleted.has(id));
  for (const { id } of expected) assert.ok(ids.includes(id) || notes.unsure.has(id), id);
  for (const id of notes.deleted) assert.ok(!ids.includes(id), id);
  const [any] = notes.created;
  assert.ok(any);
  for (const person of [onOther, onAgain]) {
    await until(async () => (await indexedImages(person, any)) === ids.length, "holding every image once");
    for (const image of notes.created) {
      const found = (await findIds(person, image)).filter((id) => id === image.id);
      assert.equal(found.length, ids.includes(image.id) ? 1 : 0, image.id);
    }
  }
  t.diagnostic(`${notes.created.length} uploads, ${notes.deleted.size} deletions`);
  assert.ok(notes.created.length > 10);
});

test("a restart reads its snapshot and what others changed since; a damaged one is told in a line and made anew", async (t) => {
  const start = await installation(t);
  const data = await dataFolder(t);
  const file = join(data, "index", "snapshot");
  const [first, other] = [await start(data), await start(await dataFolder(t))];
  const ada = await newPerson(first);
  const onOther = personWith(other.url, ada);
  const [kept, gone] = [await uploadOne(ada), await uploadOne(ada)];
  assert.ok(kept && gone);
  assert.equal(await first.stop(), 0);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await onOther.call("DELETE", `/api/images/${gone.id}`)).status, 204);
  const fresh = await uploadOne(onOther);
  assert.ok(fresh);

  const check = async (server: TestServer): Promise<void> => {
    const person = personWith(server.url, ada);
    assert.equal((await call(`${server.url}/readyz`)).status, 200);
    assert.equal(await indexedImages(person, kept), 2);
    for (const [image, ids] of [
      [kept, [kept.id]],
      [gone, []],
      [fresh, [fresh.id]],
    ] as const)
      assert.deepEqual(await findIds(person, image), ids);
  };
  const second = await start(data);
  await check(second);
  assert.equal(second.log(), "");
  assert.equal(await second.stop(), 0);

  const bytes = await readFile(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const third = await start(data);
  await check(third);
  assert.match(third.log(), /^utsuru: The snapshot of the index is of no use \(a checksum .*\n$/);
  assert.equal(await third.stop(), 0);

  const fourth = await start(data);
  await check(fourth);
  assert.equal(fourth.log(), "");
});

test("a snapshot of another database is not believed", async (t) => {
  const [start, startElsewhere] = [await installation(t), await installation(t)];
  const data = await dataFolder(t);
  const first = await start(data);
  assert.ok(await uploadOne(await newPerson(first)));
  await first.stop();
  const second = await startElsewhere(data);
  const image = await uploadOne(await newPerson(second));
  assert.ok(image);
  assert.match(second.log(), /^utsuru: The database cannot tell what changed .*\n$/);
  assert.equal(await indexedImages(await newPerson(second), image), 1);
});
