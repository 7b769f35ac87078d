import assert from "node:assert/strict";
import { test } from "node:test";
import { JobQueue } from "./job-queue.ts";

async function takeAll(queue: JobQueue<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let at = 0; at < count; at++) taken.push((await queue.take()) ?? "closed");
  return taken;
}

test("urgent items go before patient ones, and these before idle ones, each rank in its order", async () => {
  const queue = new JobQueue<string>(10);
  for (const item of ["i1", "i2"]) queue.push(item, "idle");
  for (const item of ["p1", "p2"]) queue.push(item, "patient");
  for (const item of ["u1", "u2"]) queue.push(item, "urgent");
  assert.deepEqual(await takeAll(queue, 6), ["u1", "u2", "p1", "p2", "i1", "i2"]);
});

test("patient items are not kept waiting by an endless row of urgent ones", async () => {
  const queue = new JobQueue<string>(50);
  for (const item of ["p1", "p2"]) queue.push(item, "patient");
  for (let at = 1; at <= 20; at++) queue.push(`u${at}`, "urgent");
  const taken = await takeAll(queue, 22);
  assert.deepEqual([taken.indexOf("p1"), taken.indexOf("p2")], [8, 17]);
});

test("an idle item has its turn among endless rows of the others", async () => {
  const queue = new JobQueue<string>(300);
  queue.push("i", "idle");
  for (let at = 1; at <= 60; at++) queue.push(`p${at}`, "patient");
  for (let at = 1; at <= 60; at++) queue.push(`u${at}`, "urgent");
  const taken = await takeAll(queue, 110);
  assert.equal(taken.indexOf("i"), 100);
});

test("an idle item waits until no other came for a while, then goes to a worker that waits", async (t) => {
  const queue = new JobQueue<string>(10);
  t.after(() => queue.close());
  queue.push("p1", "patient");
  queue.push("i1", "idle");
  assert.equal(await queue.take(), "p1");
  const two = [queue.take(), queue.take()];
  queue.push("p2", "patient");
  assert.equal(await two[0], "p2");
  assert.equal(await two[1], "i1");
  queue.push("i2", "idle");
  assert.equal(await queue.take(), "i2");
});

test("a worker for urgent items gets no others, and is the first to get those", async () => {
  const queue = new JobQueue<string>(10);
  const [any, urgent] = [queue.take(), queue.take("urgent")];
  queue.push("u1", "urgent");
  assert.equal(await urgent, "u1");
  queue.push("u2", "urgent");
  assert.equal(await any, "u2");
  const next = queue.take("urgent");
  for (const item of ["p1", "p2"]) queue.push(item, "patient");
  queue.push("u3", "urgent");
  assert.equal(await next, "u3");
  assert.deepEqual(await takeAll(queue, 2), ["p1", "p2"]);
});

test("the bound counts all ranks, and what is removed leaves room", () => {
  const queue = new JobQueue<string>(2);
  assert.deepEqual(
    [queue.push("p", "patient"), queue.push("u", "urgent"), queue.push("i", "idle")],
    [true, true, false],
  );
  assert.deepEqual([queue.remove("u"), queue.remove("u"), queue.push("i", "idle")], [true, false, true]);
  assert.deepEqual(queue.close(), ["p", "i"]);
});
