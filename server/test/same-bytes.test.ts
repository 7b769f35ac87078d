import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { checkLibrary, isLongRun } from "./support/answers.ts";
import { testDatabase } from "./support/database.ts";
import { type Answer, newPerson, type Person } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer, type TestServer } from "./support/server.ts";

const size = { width: 160, height: 120 };
const times = 50;
/** Each costs four hashes of a password. */
const people = isLongRun ? 50 : 8;
const rounds = isLongRun ? 12 : 4;

/** A server of the test's own, and how the doctor comes to its library. */
async function start(
  t: Parameters<typeof testDatabase>[0],
): Promise<{ server: TestServer; settings: Record<string, string> }> {
  const settings = {
    UTSURU_DATABASE_URL: (await testDatabase(t)).url,
    UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href,
  };
  return { server: await startServer(t, { environment: settings, embedded: true }), settings };
}

interface Result {
  readonly status: string;
  readonly image: { readonly id: string };
}

/** Some of so many uploads at once may be refused as too many for the decoders, clearly; they are sent again. */
async function uploadUntilTaken(person: Person, bytes: Buffer): Promise<Result> {
  for (;;) {
    const { status, headers, body } = await person.upload([{ name: "same.jpg", bytes }]);
    if (status === 200 || status === 201) return body.results[0];
    assert.equal(status, 503, JSON.stringify(body));
    assert.ok(headers.get("retry-after"));
  }
}

function idsOf({ status, body }: Answer): string[] {
  assert.equal(status, 200, JSON.stringify(body));
  return body.matches.map((match: { image: { id: string } }) => match.image.id);
}

test(`the same bytes sent ${times} times at once by one person are one image; by ${people} people they are as many, each its own`, async (t) => {
  const { server, settings } = await start(t);
  const bytes = await jpegOf(70_001, size);
  const ada = await newPerson(server);
  const results = await Promise.all(Array.from({ length: times }, () => uploadUntilTaken(ada, bytes)));
  assert.equal(new Set(results.map(({ image }) => image.id)).size, 1);
  assert.equal(results.filter(({ status }) => status === "created").length, 1);
  assert.equal((await ada.call("GET", "/api/images")).body.items.length, 1);

  const others = await Promise.all(Array.from({ length: people }, () => newPerson(server)));
  const own = await Promise.all(others.map((person) => uploadUntilTaken(person, bytes)));
  assert.ok(own.every(({ status }) => status === "created"));
  assert.equal(new Set(own.map(({ image }) => image.id)).size, people);
  const found = idsOf(await ada.search({ name: "q.jpg", bytes }, "?limit=100&stages=global"));
  assert.equal(found.length, people + 1);
  const [first] = others;
  assert.equal((await first?.call("DELETE", `/api/images/${own[0]?.image.id}`))?.status, 204);
  assert.ok((await others[1]?.download(`/api/images/${own[1]?.image.id}/file`))?.bytes.equals(bytes));
  await server.stop();
  await checkLibrary(settings);
});

test("uploads, deletions and searches of the same bytes race: who was answered last is right, and nothing else is left", async (t) => {
  const { server, settings } = await start(t);
  const ada = await newPerson(server);
  const bytes = await jpegOf(70_002, size);
  const gone = new Set<string>();
  const race = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const { image } = await uploadUntilTaken(ada, bytes);
      const deletion = ada.call("DELETE", `/api/images/${image.id}`);
      const goneBefore = new Set(gone);
      const found = idsOf(await ada.search({ name: "q.jpg", bytes }, "?stages=global"));
      assert.ok(found.length <= 1, "one person has the same bytes once");
      for (const id of found) assert.ok(!goneBefore.has(id), `${id} was deleted, and is found`);
      const { status } = await deletion;
      assert.ok(status === 204 || status === 404, `${status}`);
      gone.add(image.id);
    }
  };
  await Promise.all([race(), race(), race(), race()]);
  const { image } = await uploadUntilTaken(ada, bytes);
  assert.ok(!gone.has(image.id));
  assert.deepEqual(idsOf(await ada.search({ name: "q.jpg", bytes }, "?stages=global")), [image.id]);
  assert.ok((await ada.download(`/api/images/${image.id}/file`)).bytes.equals(bytes));
  for (const id of gone) assert.equal((await ada.call("GET", `/api/images/${id}`)).status, 404);
  await server.stop();
  await checkLibrary(settings);
});
