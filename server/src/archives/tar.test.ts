import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { openTar } from "./tar-reader.ts";
import { createTar } from "./tar-writer.ts";

const sha256 = "0".repeat(64);

test("files that were written come back in their order, read or passed over", async (t) => {
  const folder = await temporaryFolder(t);
  const [path, staged] = [join(folder, "a.tar"), join(folder, "staged")];
  await writeFile(staged, "x".repeat(300_000));
  const { writer } = await createTar(path);
  await writer.add("empty", { content: Buffer.alloc(0) });
  await writer.add("large", { file: { path: staged, bytes: 300_000, sha256 } });
  await writer.add(`folder/${"long".repeat(30)}`, { content: Buffer.from("three") });
  await writer.finish();
  const { archive, close } = await openTar(path);
  const seen: string[] = [];
  for await (const { name, bytes, stream } of archive) {
    seen.push(`${name.slice(0, 10)} ${bytes}`);
    if (bytes < 10) seen.push(await text(stream));
  }
  await close();
  assert.deepEqual(seen, ["empty 0", "", "large 300000", "folder/lon 5", "three"]);
});

test("a file that cannot be read, or is not as long as was said, ends the writing with the reason", async (t) => {
  const folder = await temporaryFolder(t);
  const staged = join(folder, "staged");
  await writeFile(staged, "short");
  const missing = (await createTar(join(folder, "a.tar"))).writer;
  const file = { path: join(folder, "nothing"), bytes: 5, sha256 };
  await assert.rejects(missing.add("a", { file }), { code: "ENOENT" });
  const wrong = (await createTar(join(folder, "b.tar"))).writer;
  await assert.rejects(wrong.add("a", { file: { path: staged, bytes: 6, sha256 } }), /Size mismatch/);
});
