import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { atEnd } from "./support/at-end.ts";
import { call, newPerson, type Person } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { dataFolder, startServer, type TestServer } from "./support/server.ts";

const boundary = "b";
const partHead = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;

/** A raw request that a browser would never send. */
class RawRequest {
  readonly socket: Socket;
  answer = "";
  readonly closed: Promise<void>;

  constructor(server: TestServer, person: Person, headers: string) {
    const { hostname, port } = new URL(server.url);
    this.socket = connect(Number(port), hostname);
    this.socket.on("data", (chunk: Buffer) => {
      this.answer += chunk.toString();
    });
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
    this.socket.write(
      `POST /api/upload HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${person.token}\r\n${headers}\r\n`,
    );
  }

  get status(): number {
    return Number(this.answer.slice(9, 12));
  }

  async answered(timeoutMs: number): Promise<number> {
    for (const start = performance.now(); this.answer === "" && performance.now() - start < timeoutMs; )
      await delay(20);
    return this.status;
  }
}

async function stagedFiles(data: string): Promise<readonly string[]> {
  return readdir(join(data, "staging"));
}

async function withServer(
  t: Parameters<typeof startServer>[0],
): Promise<{ server: TestServer; ada: Person; data: string }> {
  const data = await dataFolder(t);
  const server = await startServer(t, { data, environment: { UTSURU_UPLOAD_MIB_MAX: "1" } });
  return { server, ada: await newPerson(server), data };
}

test("a body without end is refused by 413, its file is gone, and others are served meanwhile", async (t) => {
  const { server, ada, data } = await withServer(t);
  const endless = new RawRequest(
    server,
    ada,
    `Content-Type: multipart/form-data; boundary=${boundary}\r\nTransfer-Encoding: chunked\r\n`,
  );
  endless.socket.write(`${partHead.length.toString(16)}\r\n${partHead}\r\n`);
  const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const pour = (): void => {
    while (!endless.socket.destroyed && endless.socket.write(chunk));
  };
  endless.socket.on("drain", pour);
  pour();
  assert.equal(await endless.answered(10_000), 413);
  assert.equal((await call(`${server.url}/healthz`)).status, 200);
  assert.deepEqual(await stagedFiles(data), []);
  await endless.closed;
  assert.ok(endless.socket.bytesWritten < 200 * 1024 * 1024);
});

test("an upload that is broken off leaves nothing behind", async (t) => {
  const { server, ada, data } = await withServer(t);
  const broken = new RawRequest(
    server,
    ada,
    `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 1000000\r\n`,
  );
  broken.socket.write(partHead + "x".repeat(100_000));
  for (let i = 0; i < 100 && (await stagedFiles(data)).length === 0; i++) await delay(20);
  assert.equal((await stagedFiles(data)).length, 1);
  broken.socket.destroy();
  for (let i = 0; i < 100 && (await stagedFiles(data)).length > 0; i++) await delay(20);
  assert.deepEqual(await stagedFiles(data), []);
  assert.deepEqual((await ada.call("GET", "/api/images")).body.items, []);
});

test("a sender that drips is refused by 408 within a minute", async (t) => {
  const { server, ada, data } = await withServer(t);
  const slow = new RawRequest(
    server,
    ada,
    `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 1000000\r\n`,
  );
  slow.socket.write(partHead);
  const drip = setInterval(() => slow.socket.write("x"), 500);
  atEnd(t, () => clearInterval(drip));
  assert.equal(await slow.answered(60_000), 408);
  assert.deepEqual(await stagedFiles(data), []);
  clearInterval(drip);
  slow.socket.destroy();
});

test("two ways to say a body's length, or none that is true, smuggle nothing", async (t) => {
  const { server, ada } = await withServer(t);
  const smuggle = new RawRequest(server, ada, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n");
  smuggle.socket.write("0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  assert.equal(await smuggle.answered(10_000), 400);
  const liar = new RawRequest(
    server,
    ada,
    `Content-Type: multipart/form-data; boundary=${boundary}\r\nContent-Length: 120\r\n`,
  );
  liar.socket.write(partHead + "x".repeat(5000));
  assert.equal(await liar.answered(10_000), 400);
  smuggle.socket.destroy();
  liar.socket.destroy();
});

test("many uploads at once all come to an end: kept, or told to come back later", async (t) => {
  const { ada } = await withServer(t);
  const picture = await jpegOf(1, { width: 320, height: 240 });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      ada.upload([{ name: `${i}.jpg`, bytes: Buffer.concat([picture, Buffer.from(String(i))]) }]),
    ),
  );
  for (const { status, headers } of answers)
    assert.ok(status === 201 || (status === 503 && headers.get("retry-after") !== null), String(status));
  const kept = answers.filter(({ status }) => status === 201).length;
  assert.equal((await ada.search({ name: "q.jpg", bytes: picture }, "?limit=100")).body.matches.length, kept);
});
