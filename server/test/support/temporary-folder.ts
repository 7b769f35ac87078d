import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd, type Ending } from "./at-end.ts";

/** A folder of the test's own, removed after it. */
export async function temporaryFolder(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-"));
  atEnd(t, () => rm(folder, { recursive: true, maxRetries: 5 }));
  return folder;
}
