import { rm } from "node:fs/promises";
import { startEmbedded } from "../../src/postgres/embedded.ts";
import { putReadyCluster, template } from "./ready-cluster.ts";
import { scratchFolder } from "./scratch-folder.ts";

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

/** The embedded PostgreSQL on a folder that is removed when it stops. */
export async function startEmbeddedServer(): Promise<Server> {
  const folder = scratchFolder("utsuru-server");
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
