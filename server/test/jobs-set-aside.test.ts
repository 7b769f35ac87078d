import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jobOver, jobWhen, smallPictures } from "./support/jobs.ts";
import { newPerson, personWith } from "./support/person.ts";
import { cleanEnvironment, dataFolder, startServer } from "./support/server.ts";

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Runs `utsuru jobs …` on a data folder; the lines it prints. */
// biome-ignore lint/suspicious/noExplicitAny: lines of several shapes
async function jobsCommand(data: string, ...args: string[]): Promise<any[]> {
  const environment = { ...cleanEnvironment(), UTSURU_DATA: data };
  const { stdout } = await promisify(execFile)(process.execPath, [program, "jobs", ...args], { env: environment });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test("a file that fails at every try is set aside while the others go on, and goes again when an operator says so", async (t) => {
  const data = await dataFolder(t);
  const environment = { UTSURU_TASK_TRIES: "2" };
  const idle = await startServer(t, { data, embedded: true, environment: { ...environment, UTSURU_WORKERS: "0" } });
  const ada = await newPerson(idle);
  const { body } = await ada.uploadLater(await smallPictures(4));
  const lost = join(data, "images", "incoming", body.id, "1");
  await rename(lost, join(data, "away"));
  assert.equal(await idle.stop(), 0);

  const server = await startServer(t, { data, embedded: true, environment });
  const person = personWith(server.url, ada);
  const failed = await jobOver(person, body.id);
  assert.equal(failed.state, "failed");
  assert.deepEqual(failed.progress, { done: 4, total: 4 });
  assert.deepEqual(
    failed.results.map(({ file, problem }: { file: string; problem?: { code: string } }) => [file, problem?.code]),
    [
      ["0.jpg", undefined],
      ["1.jpg", "bucket-unavailable"],
      ["2.jpg", undefined],
      ["3.jpg", undefined],
    ],
  );
  assert.equal((await person.call("GET", "/api/jobs")).body.items[0].state, "failed");

  const [uploads] = await jobsCommand(data);
  assert.deepEqual([uploads.lane, uploads.waiting, uploads.running, uploads.setAside], ["uploads", 0, 0, 1]);
  const [dead, ...more] = await jobsCommand(data, "--dead");
  assert.deepEqual(more, []);
  assert.deepEqual([dead.lane, dead.tries, dead.problem.code], ["uploads", 2, "bucket-unavailable"]);
  assert.deepEqual(dead.task, { kind: "upload", file: { jobId: body.id, position: 1 } });

  await mkdir(dirname(lost), { recursive: true }); // gone with the last file in it
  await rename(join(data, "away"), lost);
  assert.deepEqual(await jobsCommand(data, "retry", dead.id), [{ retried: 1 }]);
  const done = await jobWhen(person, body.id, ({ state }) => state === "done");
  assert.equal(done.results[1].status, "created");
  assert.equal(await server.stop(), 0);

  await assert.rejects(jobsCommand(data, "retry", dead.id), /1 of 1 tasks are not set aside/);
  assert.deepEqual(await jobsCommand(data, "--dead"), []);
});
