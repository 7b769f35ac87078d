import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import { Failure } from "../../errors.ts";
import type { Catalog, NewJob, Task, User } from "../../ports.ts";

/** Opens a catalogue on the database of the test; several may be open on one. */
export type OpenOn = (t: TestContext, options?: { readonly tries?: number }) => Promise<() => Promise<Catalog>>;

async function person(catalog: Catalog): Promise<User> {
  const email = `${uuidv7()}@example.org`;
  const user = await catalog.accounts.addUser({
    ...{ id: uuidv7(), email, emailKey: email, passwordHash: "none", createdAt: new Date() },
  });
  assert.ok(user);
  return user;
}

/** Asks for so many files of a new person to be taken in. */
async function newJob(catalog: Catalog, files: number): Promise<NewJob> {
  const { id: ownerId } = await person(catalog);
  const id = uuidv7();
  await catalog.objects.notePut({ id, imageId: id, keys: [] });
  const job: NewJob = {
    ...{ id, ownerId, visibility: "public", createdAt: new Date() },
    files: Array.from({ length: files }, (_, i) => ({ name: `${i}.jpg`, bytes: 1, sha256: "0f".repeat(32) })),
  };
  await catalog.jobs.add(job);
  return job;
}

const positionOf = (task: Task): number => (task.kind === "upload" ? task.file.position : -1);

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isSo()); await delay(20))
    assert.ok(Date.now() < end, "it did not come to pass");
}

async function depthOf(catalog: Catalog): Promise<{ waiting: number; running: number; setAside: number }> {
  const [uploads] = await catalog.queue.depths();
  assert.ok(uploads?.lane === "uploads");
  const { waiting, running, setAside } = uploads;
  return { waiting, running, setAside };
}

/** What every {@link Catalog} does with its queue, as tests. */
export function describeQueue(name: string, openOn: OpenOn, options: { readonly skip?: string | false } = {}): void {
  describe(name, options, () => {
    describeTransactions(openOn);
    describeTries(openOn);
    describeOnce(openOn);
  });
}

function describeTransactions(openOn: OpenOn): void {
  test("a job that cannot be noted puts nothing into the queue", async (t) => {
    const catalog = await (await openOn(t))();
    const job = await newJob(catalog, 2);
    await assert.rejects(catalog.jobs.add(job)); // its id is taken
    assert.deepEqual(await depthOf(catalog), { waiting: 2, running: 0, setAside: 0 });
  });

  test("cancelling takes the tasks out of the queue", async (t) => {
    const catalog = await (await openOn(t))();
    const job = await newJob(catalog, 3);
    assert.deepEqual((await catalog.jobs.cancel(job.id, job.ownerId, new Date()))?.toSorted(), [0, 1, 2]);
    assert.deepEqual(await depthOf(catalog), { waiting: 0, running: 0, setAside: 0 });
    assert.deepEqual(await catalog.jobs.cancel(job.id, job.ownerId, new Date()), []);
    assert.equal(await catalog.jobs.cancel(job.id, uuidv7(), new Date()), undefined);
  });
}

function describeTries(openOn: OpenOn): void {
  test("a task that fails at every try is set aside with the reason, others go on, and it is done when it is set going again", async (t) => {
    const catalog = await (await openOn(t, { tries: 2 }))();
    const job = await newJob(catalog, 3);
    const [done, failed]: [number[], number[]] = [[], []];
    let isBroken = true;
    const work = await catalog.queue.work("uploads", { atOnce: 2 }, async (task) => {
      const position = positionOf(task);
      if (position === 1 && isBroken) {
        failed.push(position);
        throw new Failure("bucket-unavailable", "It is away.");
      }
      done.push(position);
    });
    await until(async () => (await depthOf(catalog)).setAside === 1);
    assert.deepEqual(
      [done.toSorted(), failed],
      [
        [0, 2],
        [1, 1],
      ],
    );
    const [aside, ...more] = await catalog.queue.setAside(10);
    assert.ok(aside);
    assert.deepEqual(more, []);
    assert.deepEqual(aside.task, { kind: "upload", file: { jobId: job.id, position: 1 } });
    assert.deepEqual([aside.lane, aside.tries], ["uploads", 2]);
    assert.deepEqual(aside.problem, { code: "bucket-unavailable", detail: "It is away." });

    isBroken = false;
    assert.equal(await catalog.queue.retry([uuidv7()]), 0);
    assert.equal(await catalog.queue.retry([aside.id]), 1);
    await until(() => done.length === 3);
    assert.deepEqual(await catalog.queue.setAside(10), []);
    await work.stop();
  });

  test("what nobody expected tells its owner nothing of its inside", async (t) => {
    const catalog = await (await openOn(t, { tries: 1 }))();
    const { id } = await newJob(catalog, 1);
    const work = await catalog.queue.work("uploads", { atOnce: 1 }, async () => {
      throw new TypeError("secret");
    });
    await until(async () => (await depthOf(catalog)).setAside === 1);
    const [result] = await catalog.jobs.results(id);
    assert.equal(result?.outcome.kind, "rejected");
    assert.ok(!JSON.stringify(result).includes("secret"));
    await work.stop();
  });
}

function describeOnce(openOn: OpenOn): void {
  test("two workers share a lane: each task is handed out once, and no more at once than was said", async (t) => {
    const open = await openOn(t);
    const [one, other] = [await open(), await open()];
    await newJob(one, 60);
    const [seen, both]: [number[], Set<Catalog>] = [[], new Set()];
    const works = [one, other].map((catalog) => {
      let running = 0;
      return catalog.queue.work("uploads", { atOnce: 3 }, async (task) => {
        assert.ok(++running <= 3);
        both.add(catalog);
        seen.push(positionOf(task));
        await delay(10);
        running--;
      });
    });
    await until(async () => seen.length >= 60 && (await depthOf(one)).running === 0);
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      Array.from({ length: 60 }, (_, i) => i),
    );
    assert.equal(both.size, 2);
    for (const work of works) await (await work).stop();
  });

  test("a worker that is stopped takes nothing more; its task in hand is finished first", async (t) => {
    const catalog = await (await openOn(t))();
    await newJob(catalog, 5);
    let [begun, ended] = [0, 0];
    const work = await catalog.queue.work("uploads", { atOnce: 1 }, async () => {
      begun++;
      await delay(200);
      ended++;
    });
    await until(() => begun > 0);
    await work.stop();
    assert.equal(begun, ended);
    assert.deepEqual(await depthOf(catalog), { waiting: 5 - begun, running: 0, setAside: 0 });
  });

  test("what came of a file is noted once, whoever comes later", async (t) => {
    const catalog = await (await openOn(t))();
    const { id: jobId } = await newJob(catalog, 1);
    const file = { jobId, position: 0 };
    const problem = { code: "image-broken", detail: "It is broken." } as const;
    assert.equal((await catalog.jobs.begin(file, new Date()))?.name, "0.jpg");
    await catalog.jobs.settle(file, { kind: "rejected", problem }, new Date());
    await catalog.jobs.settle(file, { kind: "duplicate", imageId: uuidv7() }, new Date());
    assert.deepEqual(await catalog.jobs.results(jobId), [{ file: "0.jpg", outcome: { kind: "rejected", problem } }]);
    assert.equal(await catalog.jobs.begin(file, new Date()), undefined);
  });
}
