import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { call, newPerson, personWith, post } from "./support/person.ts";
import { sharedServer, startServer } from "./support/server.ts";

const server = sharedServer({ hasCostlyPasswords: true });
const password = "correct horse battery";
const secret = "a secret of this test, 32 bytes long";

test("register, log in, ask who one is, log out: the token is refused from then on", async () => {
  const { url } = await server();
  const registered = await post(`${url}/api/register`, { email: "Ada@Example.org", password });
  assert.equal(registered.status, 201);
  assert.equal(registered.body.user.email, "Ada@Example.org");
  const login = await post(`${url}/api/login`, { email: "ada@example.org", password });
  assert.equal(login.status, 200);
  assert.equal(login.body.tokenType, "Bearer");
  assert.ok(Date.parse(login.body.expiresAt) > Date.now());
  const ada = personWith(url, { email: "", password, token: login.body.token });
  assert.deepEqual((await ada.call("GET", "/api/me")).body, { user: registered.body.user });
  assert.equal((await ada.call("POST", "/api/logout")).status, 204);
  const after = await ada.call("GET", "/api/me");
  assert.equal(after.status, 401);
  assert.equal(after.body.code, "unauthenticated");
  assert.match(after.headers.get("content-type") ?? "", /^application\/problem\+json/);
});

test("one mailbox is one account, however it is written and however often at once", async () => {
  const { url } = await server();
  const spellings = ["grace@example.org", " GRACE@example.org ", "grace@EXAMPLE.org", "ｇrace@example.org"];
  const answers = await Promise.all(spellings.map((email) => post(`${url}/api/register`, { email, password })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409]);
  assert.equal(answers.find(({ status }) => status === 409)?.body.code, "email-taken");
});

test("an unknown address and a wrong password get the same answer in about the same time", async () => {
  const { url } = await server();
  await post(`${url}/api/register`, { email: "joan@example.org", password });
  const timed = async (email: string, tried: string) => {
    const start = performance.now();
    const { status, body } = await post(`${url}/api/login`, { email, password: tried });
    return { status, body, ms: performance.now() - start };
  };
  const wrong = await timed("joan@example.org", "wrong password");
  const unknown = await timed("nobody@example.org", password);
  const long = await timed("joan@example.org", "x".repeat(500));
  const noAddress = await timed("no address", password);
  for (const other of [unknown, long, noAddress]) {
    assert.deepEqual({ status: other.status, body: other.body }, { status: wrong.status, body: wrong.body });
    // One bcrypt at cost 12 is some 250 ms; an answer without it is some 5 ms.
    assert.ok(other.ms > wrong.ms / 3, `${other.ms} ms against ${wrong.ms} ms`);
  }
  assert.equal(wrong.body.code, "invalid-credentials");
});

test("a password is never cut: over 72 bytes, with NUL or too short it is refused", async () => {
  const { url } = await server();
  const register = (tried: unknown) => post(`${url}/api/register`, { email: "mary@example.org", password: tried });
  assert.equal((await register("x".repeat(73))).body.code, "password-too-long");
  assert.equal((await register("あ".repeat(25))).body.code, "password-too-long");
  assert.equal((await register("nul\0character")).status, 422);
  assert.equal((await register("short")).status, 422);
  assert.equal((await register("x".repeat(2000))).status, 422);
  assert.equal((await register("x".repeat(1_000_000))).status, 413);
  assert.equal((await register("x".repeat(72))).status, 201);
  assert.equal((await post(`${url}/api/login`, { email: "mary@example.org", password: "x".repeat(73) })).status, 401);
});

test("bodies are taken as they are: unknown fields, wrong types and broken JSON are refused", async () => {
  const { url } = await server();
  const bad: readonly unknown[] = [
    {},
    [],
    null,
    { email: "ada@example.org" },
    { email: "ada@example.org", password, admin: true },
    { email: 1, password },
    { email: ["ada@example.org"], password },
    { email: { $ne: "" }, password },
  ];
  for (const body of bad) {
    const answer = await post(`${url}/api/register`, body);
    assert.equal(answer.status, 422, JSON.stringify(body));
    assert.equal(answer.body.code, "invalid-request");
  }
  const raw = (body: string, type = "application/json") =>
    call(`${url}/api/register`, { method: "POST", headers: { "content-type": type }, body });
  assert.equal((await raw("{")).status, 400);
  assert.equal((await raw('{"email":"ada@example.org","password":"long enough","__proto__":{"x":1}}')).status, 400);
  assert.equal((await raw("<a/>", "text/xml")).status, 415);
  assert.equal((await raw(JSON.stringify({ email: "x".repeat(10_000_000) }))).status, 413);
  for (const email of [
    "",
    "ada",
    "@example.org",
    "ada@",
    "a da@example.org",
    "ada@exam ple.org",
    "a\r\nb@example.org",
    `${"a".repeat(65)}@example.org`,
  ])
    assert.equal((await raw(JSON.stringify({ email, password }))).status, 422, email);
});

test("tokens that this server did not sign are refused, whatever their header says", async (t) => {
  const { url } = await startServer(t, { hasCostlyPasswords: true, environment: { UTSURU_SECRET: secret } });
  const ada = await newPerson({ url });
  const [, payload = ""] = ada.token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const sign = (key: string, change: object = {}, alg = "HS256") =>
    new SignJWT({ ...claims, ...change })
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(key.padEnd(64, ".")));
  const signed = (change: object, alg = "HS256") =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
  const tokens = [
    "",
    "x.y.z",
    `${encode({ alg: "none" })}.${payload}.`,
    `${encode({ alg: "none" })}.${payload}.${ada.token.split(".")[2]}`,
    await sign("another secret"),
    await signed({ aud: "other" }),
    await signed({ iss: "other" }),
    await signed({ exp: Math.floor(Date.now() / 1000) - 1 }),
    await signed({ jti: crypto.randomUUID() }),
    await signed({ jti: "'; drop table users" }),
    await signed({ sub: crypto.randomUUID() }),
  ];
  for (const token of tokens) {
    const answer = await personWith(url, { email: "", password: "", token }).call("GET", "/api/me");
    assert.equal(answer.status, 401, token);
  }
  assert.equal(
    (await personWith(url, { email: "", password: "", token: await signed({}) }).call("GET", "/api/me")).status,
    200,
  );
});

test("every call but register, login and those of operation needs a token", async () => {
  const { url } = await server();
  const id = crypto.randomUUID();
  const calls: readonly [string, string][] = [
    ["POST", "/api/logout"],
    ["GET", "/api/me"],
    ["POST", "/api/upload"],
    ["GET", "/api/images"],
    ["GET", `/api/images/${id}`],
    ["DELETE", `/api/images/${id}`],
    ["GET", `/api/images/${id}/file`],
    ["GET", `/api/images/${id}/thumbnail`],
    ["GET", `/api/images/${id}/similar`],
    ["POST", "/api/search"],
    ["POST", "/api/compare"],
  ];
  for (const [method, path] of calls)
    assert.equal((await call(`${url}${path}`, { method })).status, 401, `${method} ${path}`);
});

test("guessing a password is slowed down: ten wrong ones in a minute, then 429 with Retry-After", async () => {
  const { url } = await server();
  await post(`${url}/api/register`, { email: "hedy@example.org", password });
  const guess = (email: string, headers: Record<string, string> = {}) =>
    call(`${url}/api/login`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ email, password: "a wrong guess" }),
    });
  const spellings = ["hedy@example.org", " ｈedy@EXAMPLE.org"];
  for (let i = 0; i < 10; i++) assert.equal((await guess(spellings[i % 2] ?? "")).status, 401);
  const refused = await guess("HEDY@example.org", { "x-forwarded-for": "203.0.113.9" });
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal((await guess("bob@example.org")).status, 401);
});

test("one address may try only so many registrations a minute", async (t) => {
  const { url } = await startServer(t, { hasCostlyPasswords: true, environment: { UTSURU_CREDENTIAL_TRIES: "3" } });
  const statuses = [];
  for (let i = 0; i < 4; i++)
    statuses.push((await post(`${url}/api/register`, { email: `p${i}@example.org`, password })).status);
  assert.deepEqual(statuses, [201, 201, 201, 429]);
});

test("a trusted proxy's word for the address counts; all addresses of one IPv6 network are one sender", async (t) => {
  const environment = { UTSURU_CREDENTIAL_TRIES: "1", UTSURU_TRUSTED_PROXIES: "127.0.0.1" };
  const { url } = await startServer(t, { hasCostlyPasswords: true, environment });
  const guessFrom = async (address: string) => {
    const headers = { "content-type": "application/json", "x-forwarded-for": address };
    const body = JSON.stringify({ email: "ruth@example.org", password });
    return (await call(`${url}/api/login`, { method: "POST", headers, body })).status;
  };
  assert.equal(await guessFrom("2001:db8:0:1::1"), 401);
  assert.equal(await guessFrom("2001:db8:0:1:ffff::2"), 429);
  assert.equal(await guessFrom("2001:db8:0:2::1"), 401);
  assert.equal(await guessFrom("198.51.100.1"), 401);
  assert.equal(await guessFrom("198.51.100.2"), 401);
});
