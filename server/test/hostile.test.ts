import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sharedFolder } from "../../tools/shared-folder.ts";
import { call, newPerson } from "./support/person.ts";
import { jpegOf } from "./support/pictures.ts";
import { startServer } from "./support/server.ts";

const { path: folder, absent: skip } = sharedFolder("hostile");

interface Entry {
  readonly file: string;
}

test("odd, broken and hostile files, 1,189 of them: each gets its answer, none takes the server along", {
  skip,
  timeout: 600_000,
}, async (t) => {
  const server = await startServer(t);
  const ada = await newPerson(server);
  const entries: Entry[] = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  const counts = { created: 0, duplicate: 0, rejected: 0 };
  const queue = [...entries];
  const work = async (): Promise<void> => {
    for (let batch = queue.splice(0, 8); batch.length > 0; batch = queue.splice(0, 8)) {
      const files = await Promise.all(
        batch.map(async ({ file }) => ({ name: file, bytes: await readFile(join(folder, file)) })),
      );
      const { status, body } = await ada.upload(files);
      assert.ok(
        [200, 201, 422].includes(status),
        `${status} for ${batch.map(({ file }) => file).join(" ")}: ${JSON.stringify(body)}`,
      );
      for (const result of body.results as { status: keyof typeof counts; problem?: { status: number } }[]) {
        counts[result.status]++;
        if (result.problem)
          assert.ok(result.problem.status >= 400 && result.problem.status < 500, JSON.stringify(result));
      }
    }
  };
  await Promise.all([work(), work(), work()]);
  t.diagnostic(`${counts.created} created, ${counts.duplicate} duplicates, ${counts.rejected} rejected`);
  assert.equal(counts.created + counts.duplicate + counts.rejected, entries.length);
  assert.equal((await call(`${server.url}/readyz`)).status, 200);
  assert.equal((await ada.upload([{ name: "fine.jpg", bytes: await jpegOf(1) }])).status, 201);
});
