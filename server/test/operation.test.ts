import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { call, newPerson, personWith } from "./support/person.ts";
import { drawing, jpegOf } from "./support/pictures.ts";
import { cleanEnvironment, dataFolder, sharedServer, startServer } from "./support/server.ts";

const shared = sharedServer();
const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

test("the server says that it lives, is ready, and what it does", async () => {
  const server = await shared();
  const { url } = server;
  await newPerson(server);
  assert.deepEqual((await call(`${url}/healthz`)).body, { status: "ok" });
  assert.deepEqual((await call(`${url}/readyz`)).body, { status: "ok" });
  const metrics = await call(`${url}/metrics`);
  assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain/);
  assert.match(
    metrics.body,
    /utsuru_http_request_duration_seconds_count\{method="POST",route="\/api\/register",status="201"\} 1/,
  );
  const page = await call(`${url}/docs`);
  assert.equal(page.status, 200);
  assert.match(page.body, /swagger/i);
});

test("the figures that anyone may read count public images alone", async (t) => {
  const server = await startServer(t);
  const ada = await newPerson(server);
  const counted = async () =>
    /^utsuru_index_public_images (\d+)$/m.exec((await call(`${server.url}/metrics`)).body)?.[1];
  await ada.upload([{ name: "private.jpg", bytes: await jpegOf(1) }], { visibility: "private" });
  assert.equal(await counted(), "0");
  await ada.upload([{ name: "public.jpg", bytes: await jpegOf(2) }]);
  assert.equal(await counted(), "1");
});

test("the figures tell what the queue has to do", async (t) => {
  const server = await startServer(t, { environment: { UTSURU_WORKERS: "0" } });
  const ada = await newPerson(server);
  const figure = async (name: string) =>
    new RegExp(`^utsuru_queue_${name} (\\S+)$`, "m").exec((await call(`${server.url}/metrics`)).body)?.[1];
  assert.equal(await figure('oldest_waiting_seconds\\{lane="uploads"\\}'), "0");
  await ada.uploadLater([{ name: "a.jpg", bytes: await jpegOf(3) }]);
  assert.equal(await figure('tasks\\{lane="uploads",state="waiting"\\}'), "1");
  assert.equal(await figure('tasks\\{lane="uploads",state="running"\\}'), "0");
  assert.equal(await figure('tasks\\{lane="maintenance",state="set-aside"\\}'), "0");
  assert.ok(Number(await figure('oldest_waiting_seconds\\{lane="uploads"\\}')) > 0);
});

test("the description is OpenAPI 3.1 and names every call of the contract", async () => {
  const { url } = await shared();
  const { body } = await call(`${url}/openapi.json`);
  assert.match(body.openapi, /^3\.1/);
  const calls = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const expected = [
    "POST /api/register",
    "POST /api/login",
    "POST /api/logout",
    "GET /api/me",
    "POST /api/upload",
    "GET /api/images",
    "POST /api/images/check",
    "GET /api/images/{id}",
    "DELETE /api/images/{id}",
    "GET /api/images/{id}/file",
    "GET /api/images/{id}/thumbnail",
    "GET /api/images/{id}/similar",
    "GET /api/images/{id}/overlay",
    "GET /api/jobs",
    "GET /api/jobs/{id}",
    "DELETE /api/jobs/{id}",
    "GET /api/jobs/{id}/events",
    "POST /api/search",
    "POST /api/compare",
    "GET /api/duplicates",
    "GET /healthz",
    "GET /readyz",
  ];
  assert.deepEqual(calls.sort(), expected.sort());
  assert.ok(body.paths["/api/upload"].post.requestBody.content["multipart/form-data"]);
  assert.ok(body.paths["/api/search"].post.requestBody.content["application/json"]);
  assert.deepEqual(Object.keys(body.paths["/api/upload"].post.responses[422].content).sort(), [
    "application/json", // every file was rejected
    "application/problem+json", // the form itself is not valid
  ]);
  for (const ref of JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
    assert.ok(body.components.schemas[ref[1] ?? ""], ref[1]);
});

test("what does not exist is a problem, not a stack", async () => {
  const { url } = await shared();
  const { status, headers, body } = await call(`${url}/api/nothing`);
  assert.equal(status, 404);
  assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.deepEqual(Object.keys(body).sort(), ["code", "detail", "status", "title", "type"]);
  assert.equal(body.type, "/problems/not-found");
});

test("everything embedded: after a restart, and after kill -9, what was answered is there and found", async (t) => {
  const data = await dataFolder(t);
  const first = await startServer(t, { data, embedded: true, isFirstStart: true });
  const ada = await newPerson(first);
  const original = await jpegOf(1);
  const { body } = await ada.upload([{ name: "a.jpg", bytes: original }]);
  const { id } = body.results[0].image;
  const copy = { name: "copy.jpg", bytes: await drawing(1).flop().jpeg({ quality: 40 }).toBuffer() };
  assert.equal(await first.stop(), 0);
  assert.equal((await stat(join(data, "secret"))).mode & 0o777, 0o600);

  const second = await startServer(t, { data, embedded: true });
  const again = personWith(second.url, ada);
  assert.equal((await again.search(copy)).body.matches[0].image.id, id);
  const more = await again.upload([{ name: "b.jpg", bytes: await jpegOf(2) }]);
  assert.equal(more.status, 201);
  await second.stop("SIGKILL");

  const third = await startServer(t, { data, embedded: true });
  const last = personWith(third.url, ada);
  assert.equal((await last.call("GET", "/api/images")).body.items.length, 2);
  assert.deepEqual((await last.download(`/api/images/${id}/file`)).bytes, original);
  assert.equal((await last.search({ name: "b.jpg", bytes: await jpegOf(2) })).body.matches[0].verdict, "exact");
  assert.deepEqual(await readdir(join(data, "staging")), []);
  assert.equal(await third.stop(), 0);
});

test("a second server on the same data folder is refused in one sentence", async (t) => {
  const data = await dataFolder(t);
  await startServer(t, { data });
  await assert.rejects(startServer(t, { data }), /utsuru: Another Utsuru works on .*\n$/s);
});

test("a bad setting stops the start with one sentence that says what was expected", async (t) => {
  const bad: readonly [Record<string, string>, RegExp][] = [
    [{ UTSURU_PORT: "many" }, /UTSURU_PORT must be a whole number from 0 to 65535/],
    [{ UTSURU_PROT: "8080" }, /UTSURU_PROT is not a setting/],
    [{ UTSURU_DATABASE_URL: "mysql://x" }, /UTSURU_DATABASE_URL must look like postgres:/],
    [{ UTSURU_BUCKET: "ftp://x" }, /UTSURU_BUCKET must look like/],
    [{ UTSURU_INDEX_THREADS: "some" }, /UTSURU_INDEX_THREADS must be auto or a whole number from 0 to 64/],
    [{ UTSURU_WORKERS: "-1" }, /UTSURU_WORKERS must be a whole number from 0 to 64/],
    [{ UTSURU_SECRET: "short" }, /UTSURU_SECRET must have at least 32 bytes/],
    [{ UTSURU_TRUSTED_PROXIES: "10.0.0.0/8, proxy" }, /UTSURU_TRUSTED_PROXIES must be addresses or networks/],
  ];
  for (const [environment, expected] of bad) await assert.rejects(startServer(t, { environment }), expected);
});

test("a data folder that cannot be made stops the start with one sentence", async (t) => {
  const environment = { UTSURU_DATA: "/dev/null/utsuru" };
  await assert.rejects(startServer(t, { environment }), /before it was ready:\nutsuru: The data folder cannot .*\n$/);
});

test("an address that cannot be listened at stops the start with one sentence", async (t) => {
  const { port } = new URL((await startServer(t)).url);
  const taken = /before it was ready:\nutsuru: Cannot listen at 127\.0\.0\.1, port \d+: another program .*\n$/;
  await assert.rejects(startServer(t, { environment: { UTSURU_PORT: port } }), taken);
  const elsewhere = startServer(t, { environment: { UTSURU_HOST: "192.0.2.1" } });
  await assert.rejects(elsewhere, /utsuru: Cannot listen at 192\.0\.2\.1, port 0: this machine does not have .*\n$/);
});

test("a connection that never asked for anything does not hold up the end", async (t) => {
  const server = await startServer(t);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  await call(`${server.url}/healthz`); // by now the server has taken the connection too
  const begun = Date.now();
  assert.equal(await server.stop(), 0);
  assert.ok(Date.now() - begun < 15_000);
});

test("SIGTERM lets requests in flight finish", async (t) => {
  const server = await startServer(t);
  const ada = await newPerson(server);
  const bytes = await drawing(9, { width: 3000, height: 2000 }).jpeg({ quality: 95 }).toBuffer();
  const uploads = Promise.all(
    [1, 2, 3].map((i) => ada.upload([{ name: `${i}.jpg`, bytes: Buffer.concat([bytes, Buffer.alloc(i)]) }])),
  );
  await new Promise((resolve) => setTimeout(resolve, 150));
  const code = server.stop();
  const answers = await uploads;
  for (const { status } of answers) assert.ok(status === 201 || status === 503, String(status));
  assert.ok(answers.some(({ status }) => status === 201));
  assert.equal(await code, 0);
});

test("a server that is told to end while it starts comes to a clean end", async (t) => {
  const data = await dataFolder(t);
  const env = { ...cleanEnvironment(), UTSURU_DATA: data, UTSURU_PORT: "0" };
  const child = spawn(process.execPath, [program, "serve"], { env, cwd: data, stdio: "ignore" });
  const ended = once(child, "exit");
  while (!existsSync(join(data, "database", "log"))) await delay(10);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});
