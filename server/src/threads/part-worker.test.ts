import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { extractFeatures } from "@utsuru/core/features";
import { type OpenPartIndex, openPartIndex } from "./part-worker.ts";

const mortal = new URL("testing/mortal-thread.ts", import.meta.url);
const query = extractFeatures({ data: new Uint8Array(64 * 64), width: 64, height: 64, channels: 1 });
const { signal } = new AbortController();
const viewer = { id: "", audience: 1 };
const lethal = { viewer, signal, candidatesMax: 1 };
const harmless = { viewer, signal, candidatesMax: 24 };

async function open(t: TestContext): Promise<{ index: OpenPartIndex; notices: string[] }> {
  const notices: string[] = [];
  const ports = { clock: { now: () => new Date() }, notice: (sentence: string) => void notices.push(sentence) };
  const index = await openPartIndex(ports, { databaseUrl: "" }, { program: mortal });
  t.after(() => index.close());
  return { index, notices };
}

test("a thread that dies costs the search it was at, and is followed by another", async (t) => {
  const { index, notices } = await open(t);
  assert.deepEqual(await index.find(query, harmless), []);
  await assert.rejects(index.find(query, lethal), { code: "index-unavailable", retryAfterS: 5 });
  assert.throws(() => index.check(), { code: "index-unavailable" });
  assert.match(notices.join(), /^The index of parts ended and is started anew: Error: the thread meets its end/);
  const end = Date.now() + 10_000;
  while (!(await index.find(query, harmless).catch(() => undefined))) {
    assert.ok(Date.now() < end, "no other thread came");
    await delay(20);
  }
  index.check();
});

test("searches wait for the thread in a queue with an end; who has gone waits no longer", async (t) => {
  const { index } = await open(t);
  const gone = new AbortController();
  const waiting = Array.from({ length: 60 }, () => index.find(query, harmless));
  const left = assert.rejects(index.find(query, { ...harmless, signal: gone.signal }), { name: "AbortError" });
  gone.abort();
  const more = Array.from({ length: 20 }, () => index.find(query, harmless));
  const results = await Promise.allSettled([...waiting, ...more]);
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
  assert.ok(refused.length > 0 && refused.length < 20);
  assert.ok(refused.every((code) => code === "overloaded"));
  await left;
  assert.deepEqual(await index.find(query, harmless), []);
});
