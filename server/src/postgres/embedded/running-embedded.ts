import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import pg from "pg";
import { placesIn, superuser } from "./cluster.ts";

/**
 * The URL of the embedded PostgreSQL that a server runs on the folder at this moment, for commands beside it; `undefined` when none does.
 * A postmaster writes its port into the fourth line of its pid file (PostgreSQL manual, "Database File Layout").
 */
export async function findRunningEmbedded(directory: string): Promise<string | undefined> {
  const places = placesIn(resolve(directory));
  const [pidFile, password] = await Promise.all([
    readFile(join(places.cluster, "postmaster.pid"), "utf8").catch(() => ""),
    readFile(places.password, "utf8").catch(() => ""),
  ]);
  const port = Number(pidFile.split("\n")[3]);
  if (!(port > 0)) return undefined;
  const url = `postgres://${superuser}:${password.trim()}@127.0.0.1:${port}/postgres`;
  return (await answers(url)) ? url : undefined;
}

/** The file may be left from a crash, and the port another's by now. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
