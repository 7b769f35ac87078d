import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { jobOver, smallPictures } from "./support/jobs.ts";
import { type Answer, newPerson } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { sharedServer, startServer } from "./support/server.ts";

const server = sharedServer();
test("an upload that does not wait is answered with a job, whose results are those of one that does", async () => {
  const ada = await newPerson(await server());
  const [kept] = await smallPictures(1);
  assert.ok(kept);
  await ada.upload([kept]);
  const files = [
    ...(await smallPictures(3)),
    { name: "again.jpg", bytes: kept.bytes },
    { name: "note.txt", bytes: Buffer.from("no picture") },
  ];
  const { status, headers, body } = await ada.uploadLater(files, { visibility: "private" });
  assert.equal(status, 202, JSON.stringify(body));
  assert.equal(headers.get("preference-applied"), "respond-async");
  const path = headers.get("location") ?? "";
  assert.equal(path, `/api/jobs/${body.id}`);
  assert.equal(body.kind, "upload");
  assert.equal(body.progress.total, 5);

  const job = await jobOver(ada, body.id);
  assert.equal(job.state, "done");
  assert.deepEqual(job.progress, { done: 5, total: 5 });
  assert.deepEqual(
    job.results.map(({ file, status }: { file: string; status: string }) => [file, status]),
    [
      ["0.jpg", "created"],
      ["1.jpg", "created"],
      ["2.jpg", "created"],
      ["again.jpg", "duplicate"],
      ["note.txt", "rejected"],
    ],
  );
  assert.equal(job.results[0].image.visibility, "private");
  assert.equal(job.results[4].problem.code, "unsupported-format");
  assert.deepEqual((await ada.download(job.results[1].image.url)).bytes, files[1]?.bytes);
});

test("what a job says was created is found by the next search", async () => {
  const ada = await newPerson(await server());
  const own = 77_000;
  const { body } = await ada.uploadLater([{ name: "a.jpg", bytes: await jpegOf(own) }]);
  const job = await jobOver(ada, body.id);
  const copy = { name: "copy.jpg", bytes: await drawing(own).flop().jpeg({ quality: 50 }).toBuffer() };
  const { matches } = (await ada.search(copy)).body;
  assert.equal(matches[0].image.id, job.results[0].image.id);
});

test("a job is its owner's alone; for others it does not exist", async () => {
  const [ada, eve] = [await newPerson(await server()), await newPerson(await server())];
  const { body } = await ada.uploadLater(await smallPictures(1));
  const unknown = await eve.call("GET", `/api/jobs/${randomUUID()}`);
  assert.equal(unknown.status, 404);
  for (const method of ["GET", "DELETE"]) {
    const answer = await eve.call(method, `/api/jobs/${body.id}`);
    assert.deepEqual([answer.status, answer.body], [404, unknown.body]);
  }
  assert.deepEqual((await eve.call("GET", "/api/jobs")).body, { items: [], next: null });
  assert.equal((await jobOver(ada, body.id)).state, "done");
});

test("jobs are listed from the newest to the oldest, page by page", async () => {
  const ada = await newPerson(await server());
  const ids: string[] = [];
  for (const file of await smallPictures(3)) ids.unshift((await ada.uploadLater([file])).body.id);
  const first = (await ada.call("GET", "/api/jobs?limit=2")).body;
  const second = (await ada.call("GET", `/api/jobs?limit=2&cursor=${encodeURIComponent(first.next)}`)).body;
  assert.deepEqual(
    [...first.items, ...second.items].map(({ id }) => id),
    ids,
  );
  assert.equal(second.next, null);
  assert.equal(first.items[0].results, undefined);
});

test("an image of a job that was deleted since is left out of its result", async () => {
  const ada = await newPerson(await server());
  const { body } = await ada.uploadLater(await smallPictures(1));
  const { results } = await jobOver(ada, body.id);
  assert.equal((await ada.call("DELETE", `/api/images/${results[0].image.id}`)).status, 204);
  const again = await ada.call("GET", `/api/jobs/${body.id}`);
  assert.deepEqual(again.body.results, [{ file: "0.jpg", status: "created" }]);
});

test("a cancelled job does no more: what was done stays and is listed, what was not never comes", async (t) => {
  const idle = await startServer(t, { environment: { UTSURU_WORKERS: "0" } });
  const ada = await newPerson(idle);
  const { body } = await ada.uploadLater(await smallPictures(2));
  assert.equal(body.state, "queued");
  const { status, body: cancelled } = await ada.call("DELETE", `/api/jobs/${body.id}`);
  assert.equal(status, 200);
  assert.deepEqual([cancelled.state, cancelled.progress, cancelled.results], ["cancelled", { done: 0, total: 2 }, []]);
  assert.ok(cancelled.finishedAt);
});

test("when too many files wait, the next upload is refused at once and told when to try again", async (t) => {
  const environment = { UTSURU_WORKERS: "0", UTSURU_QUEUE_MAX: "5", UTSURU_QUEUE_MAX_PER_PERSON: "3" };
  const idle = await startServer(t, { environment });
  const [ada, eve] = [await newPerson(idle), await newPerson(idle)];
  const refused = ({ status, headers, body }: Answer): string => {
    assert.deepEqual([status, body.code], [503, "overloaded"]);
    assert.match(headers.get("retry-after") ?? "", /^\d+$/);
    return body.detail;
  };
  assert.equal((await ada.uploadLater(await smallPictures(3))).status, 202);
  assert.match(refused(await ada.uploadLater(await smallPictures(1))), /3 files of yours wait/);
  assert.match(refused(await eve.uploadLater(await smallPictures(3))), /Too many files wait/);
  assert.equal((await eve.uploadLater(await smallPictures(2))).status, 202);
  assert.equal((await eve.upload(await smallPictures(1))).status, 201);
});

test("other preferences change nothing", async () => {
  const ada = await newPerson(await server());
  const form = new FormData();
  for (const { name, bytes } of await smallPictures(1)) form.append("image", new Blob([new Uint8Array(bytes)]), name);
  const headers = { authorization: `Bearer ${ada.token}`, prefer: "wait=10, return=minimal" };
  const { url } = await server();
  const answer = await fetch(`${url}/api/upload`, { method: "POST", headers, body: form });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers.get("preference-applied"), null);
});
