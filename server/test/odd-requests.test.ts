import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { call, newPerson } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { sharedServer, type TestServer } from "./support/server.ts";

const server = sharedServer();
const id = "0199f000-0000-7000-8000-000000000000";

/** Sends bytes that no client library would, and returns all that comes back. */
async function sendRaw({ url }: TestServer, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), new URL(url).hostname);
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.write(text);
  await once(socket, "close");
  return answer;
}

test("an id is taken in the one form in which it is given: the database's other spellings are refused", async () => {
  const ada = await newPerson(await server());
  const spellings = [`urn:uuid:${id}`, id.toUpperCase(), `{${id}}`, id.replaceAll("-", ""), `${id}%00`];
  for (const spelling of spellings) {
    assert.equal((await ada.call("GET", `/api/images/${spelling}`)).status, 422, spelling);
    assert.equal((await ada.call("DELETE", `/api/images/${spelling}`)).status, 422, spelling);
    assert.equal((await ada.call("GET", `/api/images/${spelling}/file`)).status, 422, spelling);
  }
  assert.equal((await ada.call("POST", "/api/search", { imageId: `urn:uuid:${id}` })).status, 422);
  assert.equal((await ada.call("POST", "/api/compare", { a: `urn:uuid:${id}`, b: id })).status, 422);
});

test("a search or comparison without a body, or with one of another type, is refused as that", async () => {
  const { url } = await server();
  const { token } = await newPerson({ url });
  const authorization = `Bearer ${token}`;
  for (const path of ["/api/search", "/api/compare"]) {
    const empty = await call(url + path, { method: "POST", headers: { authorization } });
    assert.equal(empty.body.code, "unsupported-media-type", path);
    const headers = { authorization, "content-type": "text/plain" };
    const text = await call(url + path, { method: "POST", headers, body: "hello" });
    assert.equal(text.body.code, "unsupported-media-type", path);
  }
});

test("what is no HTTP, no address or too long in its headers is answered by a problem too", async () => {
  const running = await server();
  const odd: readonly [string, number, string][] = [
    ["GET /api/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, "malformed-request"],
    ["FOO /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"],
    ["hello\r\n\r\n", 400, "malformed-request"],
    [`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, 431, "headers-too-large"],
  ];
  for (const [request, status, code] of odd) {
    const answer = await sendRaw(running, request);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    assert.equal(Number(head.slice(9, 12)), status, request.slice(0, 40));
    assert.match(head, /content-type: application\/problem\+json/i);
    assert.equal(JSON.parse(body).code, code);
  }
});

test("a method that a call does not take is refused by 405, which names those that it takes", async () => {
  const { url } = await server();
  const put = await call(`${url}/api/images/${id}?x=1`, { method: "PUT" });
  assert.equal(put.status, 405);
  assert.equal(put.body.code, "method-not-allowed");
  assert.deepEqual(put.headers.get("allow")?.split(", ").sort(), ["DELETE", "GET", "HEAD"]);
  assert.equal((await call(`${url}/api/upload`)).headers.get("allow"), "POST");
  assert.equal((await call(`${url}/api/nothing`, { method: "PUT" })).status, 404);
  assert.equal((await call(`${url}/api/me/`)).status, 404);
});

test("ranges and paths that the documentation page does not have are the client's mistake", async () => {
  const { url } = await server();
  const beyond = await call(`${url}/docs/static/swagger-ui.css`, { headers: { range: "bytes=99999999-" } });
  assert.equal(beyond.status, 416);
  assert.equal((await call(`${url}/docs/static/%2e%2e%2f%2e%2e%2fpackage.json`)).status, 404);
  assert.equal((await call(`${url}/docs/static/%00`)).status, 404);
  assert.equal((await call(`${url}/docs/static/swagger-ui.css`, { headers: { "if-match": '"x"' } })).status, 400);
});

test("HEAD says what GET would, without the bytes", async () => {
  const ada = await newPerson(await server());
  const { body } = await ada.upload([{ name: "a.jpg", bytes: await jpegOf(1) }]);
  const { url, bytes } = body.results[0].image;
  const head = await ada.call("HEAD", url);
  assert.equal(head.status, 200);
  assert.equal(Number(head.headers.get("content-length")), bytes);
  assert.equal(head.body, "");
});
