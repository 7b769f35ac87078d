import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext } from "node:test";
import pg from "pg";
import { openDatabase } from "../../src/postgres/database.ts";
import type { Settings } from "../../src/postgres/embedded/settings.ts";
import { type EmbeddedDatabase, startEmbedded } from "../../src/postgres/embedded.ts";
import { migrate } from "../../src/postgres/migrate.ts";

/** Tests check what is written, not that it survives a power cut: without waiting for the disk they take a third of the time. */
const hasty: Settings = { fsync: "off", full_page_writes: "off", synchronous_commit: "off", max_connections: "100" };

const template = "utsuru_template";
const folderPrefix = "utsuru-test-";

interface Cluster {
  readonly url: string;
  stop(): Promise<void>;
}

let cluster: Promise<Cluster> | undefined;
let databases = 0;

// The hook of the root suite: runs when all tests of the file are over.
after(async () => (await cluster)?.stop());

/**
 * A database of the test's own with the newest schema, on a PostgreSQL that all tests of the process share and that ends with it.
 * The first call takes about 2 s, the others some 50 ms. Dropped after the test.
 */
export async function testDatabase(t: Pick<TestContext, "after">): Promise<{ url: string }> {
  cluster ??= startCluster();
  const { url } = await cluster;
  return cloneDatabase(t, url);
}

/** A database cloned from the template database of the server at `url`, dropped after the test. */
async function cloneDatabase(t: Pick<TestContext, "after">, url: string): Promise<{ url: string }> {
  const name = `utsuru_test_${process.pid}_${++databases}`;
  await execute(url, `create database ${name} template ${template}`);
  t.after(() => execute(url, `drop database ${name} with (force)`));
  return { url: urlOf(url, name) };
}

async function startCluster(): Promise<Cluster> {
  await removeAbandonedFolders();
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  const embedded: EmbeddedDatabase = await startEmbedded({ directory: folder, settings: hasty });
  await makeTemplate(embedded.url);
  return {
    url: embedded.url,
    stop: async () => {
      await embedded.stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function makeTemplate(url: string): Promise<void> {
  await execute(url, `create database ${template}`);
  const database = openDatabase({ url: urlOf(url, template), connectionsMax: 1 });
  await migrate(database);
  await database.close();
}

/** A test run that was killed stops its PostgreSQL, but leaves the folder, named by the process that is no more. */
async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(folderPrefix) ? Number.parseInt(name.slice(folderPrefix.length), 10) : Number.NaN;
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
