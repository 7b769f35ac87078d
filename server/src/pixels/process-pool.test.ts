import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { getPriority } from "node:os";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";
import { type DecoderPoolOptions, decoderPool } from "./decoder-pool.ts";
import { fileOf } from "./testing/files.ts";
import { draw } from "./testing/pictures.ts";

const never = new AbortController().signal;
const linuxOnly = existsSync("/proc/self/status") ? {} : { skip: "asks /proc, which this machine has not" };

function programOf(name: string): string {
  return fileURLToPath(new URL(`./testing/${name}-process.ts`, import.meta.url));
}

function poolOf(t: TestContext, options: DecoderPoolOptions = {}): Decoder {
  const pool = decoderPool({ processes: 1, program: programOf("misbehaving"), ...options });
  t.after(() => pool.close());
  return pool;
}

/** The id of the process that did the job, or the code of its failure. */
async function outcomeOf(job: Promise<Uint8Array>): Promise<string> {
  return job.then(
    (picture) => Buffer.from(picture).toString(),
    (error: Failure) => error.code,
  );
}

function tell(pool: Decoder, command: string, signal = never): Promise<string> {
  return outcomeOf(pool.derive(command, { signal }));
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

async function waitUntilGone(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 200 && pids.some(isRunning); tries++) await sleep(20);
  assert.deepEqual(pids.filter(isRunning), []);
}

for (const death of ["crash", "leave"] as const) {
  test(`a process that dies (${death}) costs its own picture and none before or after it`, async (t) => {
    const pool = poolOf(t);
    const outcomes = await Promise.all(["ok", death, "ok", "ok"].map((command) => tell(pool, command)));
    const [before, lost, after, last] = outcomes;
    assert.equal(lost, "image-undecodable");
    assert.match(before ?? "", /^\d+$/);
    assert.match(after ?? "", /^\d+$/);
    assert.notEqual(before, after);
    assert.equal(after, last);
  });
}

test("a picture that takes too long is given up, and its process with it", linuxOnly, async (t) => {
  const pool = poolOf(t, { timeoutMs: 300 });
  const pid = Number(await tell(pool, "ok"));
  const start = performance.now();
  const error = await pool.derive("hang", { signal: never }).catch((reason: Failure) => reason);
  assert.equal((error as Failure).code, "image-undecodable");
  assert.equal((error as Failure).message, "Reading the picture took longer than is allowed.");
  assert.ok(performance.now() - start < 3000);
  assert.match(await tell(pool, "ok"), /^\d+$/);
  assert.equal(isRunning(pid), false);
});

test("a picture that is looked at waits for none that is taken in", async (t) => {
  const pool = poolOf(t, { urgentProcesses: 1 });
  const takeIn = (): Promise<unknown> => pool.ingest("wait", { signal: never }).catch(() => {}); // the answer is of another kind
  await takeIn();
  let pids: string[] = [];
  while (new Set(pids).size < 2) pids = await Promise.all([tell(pool, "wait"), tell(pool, "wait")]); // until both have started
  const niceness = [...new Set(pids)].map((pid) => getPriority(Number(pid))).sort((one, other) => one - other);
  assert.deepEqual(niceness, [getPriority(), Math.max(getPriority(), 5)]);
  const order: string[] = [];
  const note = (name: string) => () => void order.push(name);
  const ingests = [takeIn(), takeIn()].map((ingest) => ingest.then(note("taken in")));
  await tell(pool, "ok").then(note("looked at"));
  await Promise.all(ingests);
  assert.equal(order[0], "looked at");
});

test("the time limit starts with the work, not with the wait", async (t) => {
  const pool = poolOf(t, { timeoutMs: 1500 });
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => tell(pool, "wait")));
  assert.ok(outcomes.every((outcome) => /^\d+$/.test(outcome)));
});

test("a full queue refuses at once and says when to come back", async (t) => {
  const pool = poolOf(t, { queueMax: 2 });
  await tell(pool, "ok");
  const jobs = [tell(pool, "wait"), tell(pool, "wait"), tell(pool, "wait")];
  const error = await pool.derive("ok", { signal: never }).catch((reason: Failure) => reason);
  assert.equal((error as Failure).code, "overloaded");
  assert.ok(((error as Failure).retryAfterS ?? 0) > 0);
  assert.ok((await Promise.all(jobs)).every((outcome) => /^\d+$/.test(outcome)));
});

test("a job that is given up while it waits leaves the queue", async (t) => {
  const pool = poolOf(t, { queueMax: 1 });
  await tell(pool, "ok");
  const running = tell(pool, "wait");
  const abort = new AbortController();
  const waiting = pool.derive("ok", { signal: abort.signal });
  abort.abort(new Error("the client left"));
  await assert.rejects(waiting, /the client left/);
  assert.match(await tell(pool, "ok"), /^\d+$/);
  assert.match(await running, /^\d+$/);
});

test("a job that is given up while it is worked on harms no other", async (t) => {
  const pool = poolOf(t);
  await tell(pool, "ok");
  const abort = new AbortController();
  const running = pool.derive("wait", { signal: abort.signal });
  setTimeout(() => abort.abort(new Error("the client left")), 50);
  await assert.rejects(running, /the client left/);
  assert.match(await tell(pool, "ok"), /^\d+$/);
});

test("a job whose caller has already left is not begun", async (t) => {
  await assert.rejects(poolOf(t).derive("ok", { signal: AbortSignal.abort(new Error("gone")) }), /gone/);
});

test("a process is replaced after its share of pictures", async (t) => {
  const pool = poolOf(t, { jobsMax: 3 });
  const pids = [];
  for (let i = 0; i < 7; i++) pids.push(await tell(pool, "ok"));
  assert.equal(pids[0], pids[2]);
  assert.notEqual(pids[2], pids[3]);
  assert.equal(pids[3], pids[5]);
  assert.notEqual(pids[5], pids[6]);
});

test("closing refuses what waits and what is worked on, and leaves no process", linuxOnly, async (t) => {
  const pool = poolOf(t, { processes: 2 });
  const pids = await Promise.all([tell(pool, "wait"), tell(pool, "wait")]);
  const jobs = ["wait", "hang", "ok", "ok"].map((command) => tell(pool, command));
  await sleep(20);
  await pool.close();
  assert.deepEqual(await Promise.all(jobs), Array(4).fill("shutting-down"));
  assert.equal(await tell(pool, "ok"), "shutting-down");
  await waitUntilGone(pids.map(Number));
});

test("a pool that is closed while its processes start leaves none", async () => {
  const pool = decoderPool({ processes: 2 });
  await pool.close();
});

test("a process killed from outside between two pictures is replaced unseen", linuxOnly, async (t) => {
  const pool = poolOf(t);
  const pid = Number(await tell(pool, "ok"));
  process.kill(pid, "SIGKILL");
  await waitUntilGone([pid]);
  await sleep(50);
  assert.match(await tell(pool, "ok"), /^\d+$/);
});

test("when no process can be started, pictures are refused as overload", async (t) => {
  const pool = poolOf(t, { program: programOf("stillborn") });
  assert.equal(await tell(pool, "ok"), "overloaded");
  assert.equal(await tell(pool, "ok"), "overloaded");
});

test("when the server is killed, its decoders end with it", linuxOnly, async (t) => {
  const path = await fileOf(t, await draw(64, 64).png().toBuffer());
  const program = fileURLToPath(new URL("./testing/server-to-kill.ts", import.meta.url));
  const server = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => server.kill("SIGKILL"));
  const [output] = await once(server.stdout, "data");
  const pids = String(output).trim().split(" ").map(Number);
  assert.equal(pids.length, 2);
  assert.ok(pids.every(isRunning));
  server.kill("SIGKILL");
  await waitUntilGone(pids);
});
