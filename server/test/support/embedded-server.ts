import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/postgres/embedded.ts";
import { putReadyCluster, template } from "./ready-cluster.ts";

/** A PostgreSQL server that tests may make databases on. */
export interface Server {
  /** The URL of one of its databases, as a superuser. */
  readonly url: string;
  /** A database on it that has the newest schema and nothing in it. */
  readonly template?: string;
  stop(): Promise<void>;
}

/** Tests check what is written, not that it survives a power cut: nothing waits for the disk. */
export const hasty = { fsync: "off", full_page_writes: "off", synchronous_commit: "off", max_connections: "100" };

const folderPrefix = "utsuru-server-";

/** The embedded PostgreSQL on a folder that is removed when it stops. */
export async function startEmbeddedServer(): Promise<Server> {
  const folder = await serverFolder();
  await putReadyCluster(folder);
  const { url, stop } = await startEmbedded({ directory: folder, settings: hasty });
  return {
    url,
    template,
    stop: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** A folder for a server of this process; those of test runs that were killed are removed on the way. */
export async function serverFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(folderPrefix) ? Number.parseInt(name.slice(folderPrefix.length), 10) : Number.NaN;
    // Its PostgreSQL may still be ending, and another test run be at the same.
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 10 });
  }
  return mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
