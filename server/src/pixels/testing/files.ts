import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** Writes a file that lives as long as the test. */
export async function fileOf(t: TestContext, content: Uint8Array, name = "picture"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-pixels-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}
