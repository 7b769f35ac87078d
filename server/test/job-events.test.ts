import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { jobOver, smallPictures } from "./support/jobs.ts";
import { call, newPerson, type Person } from "./support/person.ts";
import { sharedServer, startServer } from "./support/server.ts";

const server = sharedServer();

interface Event {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: events carry answers of several shapes
  readonly data: any;
}

/** Opens the stream of a job's events. */
async function open(url: string, person: Person, id: string): Promise<Response> {
  return fetch(`${url}/api/jobs/${id}/events`, { headers: { authorization: `Bearer ${person.token}` } });
}

/** Reads events until the stream ends. */
async function* eventsOf(response: Response): AsyncGenerator<Event> {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.ok(response.body);
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (name && data) yield { name, data: JSON.parse(data) };
    }
  }
}

async function allOf(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("a job's events tell how far it is, end with all that came of it, and end the stream", async () => {
  const { url } = await server();
  const ada = await newPerson(await server());
  const { body } = await ada.uploadLater(await smallPictures(6));
  const events = await allOf(eventsOf(await open(url, ada, body.id)));
  const last = events.pop();
  assert.equal(last?.name, "end");
  assert.equal(last?.data.state, "done");
  assert.equal(last?.data.results.length, 6);
  assert.deepEqual(last?.data, (await ada.call("GET", `/api/jobs/${body.id}`)).body);
  let before = -1;
  for (const { name, data } of events) {
    assert.equal(name, "progress");
    assert.equal(data.progress.total, 6);
    assert.ok(data.progress.done > before || data.state === "running");
    before = data.progress.done;
  }
});

test("who comes again is told how things stand; of a job that is over, at once that it is", async () => {
  const { url } = await server();
  const ada = await newPerson(await server());
  const { body } = await ada.uploadLater(await smallPictures(1));
  await jobOver(ada, body.id);
  for (let times = 0; times < 2; times++) {
    const events = await allOf(eventsOf(await open(url, ada, body.id)));
    assert.deepEqual(
      events.map(({ name }) => name),
      ["end"],
    );
  }
});

test("events of a job are its owner's alone", async () => {
  const { url } = await server();
  const [ada, eve] = [await newPerson(await server()), await newPerson(await server())];
  const { body } = await ada.uploadLater(await smallPictures(1));
  assert.equal((await call(`${url}/api/jobs/${body.id}/events`)).status, 401);
  const [theirs, none] = [await open(url, eve, body.id), await open(url, eve, randomUUID())];
  assert.equal(theirs.status, 404);
  assert.deepEqual(await theirs.json(), await none.json());
});

test("one person may watch eight jobs at once; a stream that is left frees its place, and an ending server its streams", async (t) => {
  const idle = await startServer(t, { environment: { UTSURU_WORKERS: "0" } });
  const ada = await newPerson(idle);
  const { body } = await ada.uploadLater(await smallPictures(1));
  const streams: Response[] = [];
  for (let i = 0; i < 8; i++) streams.push(await open(idle.url, ada, body.id));
  const readers = streams.map((stream) => eventsOf(stream));
  for (const reader of readers) assert.equal((await reader.next()).value?.data.state, "queued");
  const refused = await open(idle.url, ada, body.id);
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.get("retry-after"));
  await refused.body?.cancel();
  await readers[0]?.return(undefined);
  await readers[1]?.return(undefined);
  const again = await open(idle.url, ada, body.id);
  const reader = eventsOf(again);
  assert.equal((await reader.next()).value?.name, "progress");
  const begun = Date.now();
  assert.equal(await idle.stop(), 0);
  assert.ok(Date.now() - begun < 10_000, "the server waited for its streams");
  assert.equal((await reader.next()).done, true);
});
