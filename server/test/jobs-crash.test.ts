import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serverDatabases, testDatabase } from "./support/database.ts";
import { jobOver, jobWhen, smallPictures } from "./support/jobs.ts";
import { call, newPerson, type Person, personWith, type Upload } from "./support/person.ts";
import { dataFolder, startServer, startWorker } from "./support/server.ts";

/** What servers and workers of one installation share. */
async function sharedSettings(t: TestContext, database: typeof testDatabase): Promise<Record<string, string>> {
  return {
    UTSURU_DATABASE_URL: (await database(t)).url,
    UTSURU_BUCKET: pathToFileURL(await dataFolder(t)).href,
    UTSURU_SECRET: randomBytes(32).toString("hex"),
  };
}

/** Every file became one image of its own, with its bytes; nothing waits in the bucket any more. */
async function checkAllTakenIn(person: Person, job: { id: string }, files: readonly Upload[]): Promise<void> {
  const { state, results } = await jobOver(person, job.id);
  assert.equal(state, "done");
  assert.deepEqual(
    results.map(({ file, status }: { file: string; status: string }) => [file, status]),
    files.map(({ name }) => [name, "created"]),
  );
  const own = (await person.call("GET", "/api/images?limit=100")).body.items;
  assert.equal(own.length, files.length);
  for (const [i, { image }] of results.entries()) {
    const { bytes } = await person.download(image.url);
    assert.ok(bytes.equals(files[i]?.bytes ?? Buffer.alloc(0)), files[i]?.name);
  }
}

/** Tasks that someone holds, dead or alive. */
async function tasksRunning(server: { readonly url: string }): Promise<number> {
  const { body } = await call(`${server.url}/metrics`);
  return Number(/^utsuru_queue_tasks\{lane="uploads",state="running"\} (\d+)$/m.exec(body)?.[1]);
}

async function filesUnder(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((one) => one.isFile()).map(({ name }) => name);
}

function describeCrashes(name: string, database: typeof testDatabase, skip: string | false = false): void {
  describe(name, { skip }, () => {
    test("of a worker that is killed in the middle others get the tasks; every file becomes one image", async (t) => {
      const settings = await sharedSettings(t, database);
      const server = await startServer(t, { environment: { ...settings, UTSURU_WORKERS: "0" }, embedded: true });
      const worker = await startWorker(t, { ...settings, UTSURU_WORKERS: "4" });
      const ada = await newPerson(server);
      const files = await smallPictures(32);
      const { body: job } = await ada.uploadLater(files);
      const seen = await jobWhen(ada, job.id, ({ progress }) => progress.done >= 1);
      await worker.stop("SIGKILL");
      t.diagnostic(`killed after ${seen.progress.done} files`);
      const begun = Date.now();
      await startWorker(t, settings);
      await checkAllTakenIn(ada, job, files);
      t.diagnostic(`all done ${Date.now() - begun} ms after the next worker came`);
      assert.deepEqual(await filesUnder(join(fileURLToPath(settings.UTSURU_BUCKET ?? ""), "incoming")), []);
    });

    test("a worker that is told to end finishes what it has in hand; another does the rest at once", async (t) => {
      const settings = await sharedSettings(t, database);
      const server = await startServer(t, { environment: { ...settings, UTSURU_WORKERS: "0" }, embedded: true });
      const worker = await startWorker(t, settings);
      const ada = await newPerson(server);
      const files = await smallPictures(32);
      const { body: job } = await ada.uploadLater(files);
      await jobWhen(ada, job.id, ({ progress }) => progress.done >= 1);
      assert.equal(await worker.stop(), 0);
      assert.equal(worker.log(), "");
      assert.equal(await tasksRunning(server), 0, "a task was left behind until its lease ends");
      await startWorker(t, settings);
      await checkAllTakenIn(ada, job, files);
    });
  });
}

describeCrashes("workers on the embedded PostgreSQL", testDatabase);
describeCrashes(`workers on ${serverDatabases.name}`, serverDatabases.testDatabase, serverDatabases.skip);

test("everything embedded: a server that is killed takes in afterwards what it had promised", async (t) => {
  const data = await dataFolder(t);
  const killed = await startServer(t, { data, embedded: true });
  const ada = await newPerson(killed);
  const files = await smallPictures(32);
  const { status, body: job } = await ada.uploadLater(files);
  assert.equal(status, 202);
  await killed.stop("SIGKILL");
  const again = await startServer(t, { data, embedded: true });
  await checkAllTakenIn(personWith(again.url, ada), job, files);
  assert.deepEqual(await filesUnder(join(data, "images", "incoming")), []);
});

test("a worker that shares no database or no bucket does not start", async (t) => {
  await assert.rejects(startWorker(t, {}), /utsuru: utsuru work needs UTSURU_DATABASE_URL/);
  const { UTSURU_BUCKET: _, ...settings } = await sharedSettings(t, testDatabase);
  await assert.rejects(startWorker(t, settings), /utsuru: utsuru work needs UTSURU_BUCKET/);
});
