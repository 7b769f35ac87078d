import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { SnapshotFile } from "../ports.ts";
import { MemoryFile } from "../search/testing/memory-file.ts";
import { snapshotFile } from "./snapshot-file.ts";

async function textIn(file: SnapshotFile): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.read()) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const [name, open] of [
  ["a file", async (folder: string) => snapshotFile(join(folder, "index", "snapshot"))],
  ["a file in memory", async () => new MemoryFile()],
] as const) {
  test(`${name} has nothing at first, then what was last written`, async (t) => {
    const file = await open(await temporaryFolder(t));
    assert.equal(await textIn(file), "");
    await file.write([bytes("one, "), bytes("two")]);
    await file.write([bytes("three")]);
    assert.equal(await textIn(file), "three");
  });

  test(`${name} keeps what it had when writing fails half way`, async (t) => {
    const file = await open(await temporaryFolder(t));
    await file.write([bytes("whole")]);
    function* broken(): Generator<Uint8Array> {
      yield bytes("half");
      throw new Error("no more");
    }
    await assert.rejects(file.write(broken()), /no more/);
    assert.equal(await textIn(file), "whole");
  });
}

test("a file is its owner's alone, and nothing is left beside it", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "index", "snapshot");
  await snapshotFile(path).write([bytes("one")]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(folder, "index")), ["snapshot"]);
});
