import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../server/src/postgres/embedded.ts";
import { newPerson, type Person } from "../../server/test/support/person.ts";
import { type Crowd, crowdDatabase } from "./crowded-database.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** A server on a data folder of its own whose images were written straight into its database, and somebody who sees them. */
export interface CrowdedServer {
  readonly server: ServerProcess;
  readonly person: Person;
  /** Stops the server and removes the folder. */
  close(): Promise<void>;
}

/** Fills the embedded database of a data folder, on which a server can be started then. */
export async function crowdFolder(folder: string, crowd: Crowd): Promise<void> {
  const database = await startEmbedded({ directory: join(folder, "database") });
  await crowdDatabase(database.url, crowd).finally(() => database.stop());
}

/** Fills a data folder and starts a server on it. */
export async function openCrowdedServer(crowd: Crowd): Promise<CrowdedServer> {
  const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
  const removeFolder = () => rm(folder, { recursive: true, maxRetries: 5 });
  try {
    await crowdFolder(folder, crowd);
    const server = await startServer(folder);
    const close = () => server.stop().finally(removeFolder);
    return { server, person: await newPerson(server), close };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
