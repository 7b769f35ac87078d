import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openCatalog } from "../../src/postgres/catalog.ts";
import { startEmbedded } from "../../src/postgres/embedded.ts";
import { makeTemplate } from "./template-database.ts";

const run = promisify(execFile);
const server = fileURLToPath(new URL("../../", import.meta.url));
const lockFile = fileURLToPath(new URL("../../../package-lock.json", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/test-clusters/", import.meta.url));

/** The database of a ready cluster that has the newest schema and nothing in it. */
export const template = "utsuru_template";

/**
 * Puts into a folder what `startEmbedded` needs to find a database there, with the newest schema, and {@link template} beside it: a copy of a cluster
 * that is made once for this code of ours and these libraries. A copy takes some 0.1 s, a cluster with its schema 2 s.
 */
export async function putReadyCluster(folder: string): Promise<void> {
  const ready = join(cache, await versionOfSchema());
  if (!existsSync(ready)) await makeCluster(ready);
  // -a: the cluster belongs to the user that PostgreSQL runs as.
  await run("cp", ["-a", join(ready, "cluster"), join(ready, "password"), folder]);
}

/** Several test files may make it at once: the first to be ready is kept. */
async function makeCluster(ready: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const aside = await mkdtemp(join(cache, "new-"));
  const database = await startEmbedded({ directory: aside });
  try {
    const catalog = await openCatalog({ url: database.url });
    await catalog.close();
    await makeTemplate(database.url, template);
  } finally {
    await database.stop();
  }
  await rename(aside, ready).catch(async (error: unknown) => {
    if (!existsSync(ready)) throw error;
    await rm(aside, { recursive: true });
  });
}

/** Whatever has a part in the schema: our SQL, what calls it, and the versions of PostgreSQL and of the queue. */
async function versionOfSchema(): Promise<string> {
  const paths = [lockFile];
  for (const folder of [join(server, "migrations"), join(server, "src", "postgres")]) {
    const names = (await readdir(folder, { recursive: true })).sort();
    paths.push(...names.filter((name) => /\.(sql|ts)$/.test(name)).map((name) => join(folder, name)));
  }
  const hash = createHash("sha256");
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest("hex").slice(0, 16);
}
