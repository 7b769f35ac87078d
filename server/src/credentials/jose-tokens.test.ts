import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { test } from "node:test";
import { SignJWT } from "jose";
import { joseTokens } from "./jose-tokens.ts";

const noon = new Date("2026-11-25T12:00:00Z");
const afterS = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);

test("a token is good until the second it expires in, however often it was good before", async () => {
  const tokens = joseTokens(randomBytes(32));
  const claims = { sessionId: randomUUID(), userId: randomUUID() };
  const token = await tokens.sign({ ...claims, issuedAt: noon, expiresAt: afterS(60) });
  for (const seconds of [0, 1, 59.9]) assert.deepEqual(await tokens.verify(token, afterS(seconds)), claims);
  for (const seconds of [60, 61]) assert.equal(await tokens.verify(token, afterS(seconds)), undefined);
  assert.deepEqual(await tokens.verify(token, afterS(30)), claims);
});

test("a token that is not good yet is refused also when the clock goes back", async () => {
  const secret = randomBytes(32);
  const tokens = joseTokens(secret);
  const claims = { sessionId: randomUUID(), userId: randomUUID() };
  const token = await new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("utsuru")
    .setAudience("utsuru-api")
    .setSubject(claims.userId)
    .setJti(claims.sessionId)
    .setNotBefore(afterS(10))
    .setExpirationTime(afterS(60))
    .sign(secret);
  assert.deepEqual(await tokens.verify(token, afterS(10)), claims);
  assert.equal(await tokens.verify(token, afterS(9)), undefined);
});

test("what differs from a good token in its signature is never good", async () => {
  const tokens = joseTokens(randomBytes(32));
  const claims = { sessionId: randomUUID(), userId: randomUUID() };
  const token = await tokens.sign({ ...claims, issuedAt: noon, expiresAt: afterS(60) });
  assert.deepEqual(await tokens.verify(token, noon), claims);
  const forged = `${token.slice(0, -4)}${token.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
  for (let i = 0; i < 2; i++) assert.equal(await tokens.verify(forged, noon), undefined);
  assert.equal(await joseTokens(randomBytes(32)).verify(token, noon), undefined);
});
