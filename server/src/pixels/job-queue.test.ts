import assert from "node:assert/strict";
import { test } from "node:test";
import { JobQueue } from "./job-queue.ts";

async function takeAll(queue: JobQueue<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let at = 0; at < count; at++) taken.push((await queue.take()) ?? "closed");
  return taken;
}

test("urgent items go before patient ones, each kind in its order", async () => {
  const queue = new JobQueue<string>(10);
  for (const item of ["p1", "p2"]) queue.push(item);
  for (const item of ["u1", "u2"]) queue.push(item, { isUrgent: true });
  assert.deepEqual(await takeAll(queue, 4), ["u1", "u2", "p1", "p2"]);
});

test("patient items are not kept waiting by an endless row of urgent ones", async () => {
  const queue = new JobQueue<string>(50);
  for (const item of ["p1", "p2"]) queue.push(item);
  for (let at = 1; at <= 20; at++) queue.push(`u${at}`, { isUrgent: true });
  const taken = await takeAll(queue, 22);
  assert.deepEqual([taken.indexOf("p1"), taken.indexOf("p2")], [8, 17]);
});

test("the bound counts both kinds, and what is removed leaves room", () => {
  const queue = new JobQueue<string>(2);
  assert.deepEqual([queue.push("p"), queue.push("u", { isUrgent: true }), queue.push("more")], [true, true, false]);
  assert.deepEqual([queue.remove("u"), queue.remove("u"), queue.push("more")], [true, false, true]);
  assert.deepEqual(queue.close(), ["p", "more"]);
});
