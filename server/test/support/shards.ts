import { becomeShard, spreadOver } from "../../src/postgres/testing/shards.ts";
import type { Ending } from "./at-end.ts";
import { databasesOn, type TestDatabase, testDatabase } from "./database.ts";
import { startEmbeddedServer } from "./embedded-server.ts";

/** A library whose fingerprints lie on other servers. */
export interface ShardedDatabase extends TestDatabase {
  /** The databases of the shards, by number. */
  readonly shards: readonly TestDatabase[];
}

/** Where the shards are, each a PostgreSQL cluster; the first is the library's too. */
const clusters = [testDatabase, databasesOn(startEmbeddedServer), databasesOn(startEmbeddedServer)] as const;

/** A database of the test's own, with nothing in it and its fingerprints on three PostgreSQL clusters. */
export async function shardedDatabase(t: Ending): Promise<ShardedDatabase> {
  const library = await testDatabase(t);
  return { ...library, shards: await spreadOverServers(t, library) };
}

/** Spreads the fingerprints of a library over three PostgreSQL clusters. */
export async function spreadOverServers(t: Ending, library: TestDatabase): Promise<readonly TestDatabase[]> {
  const shards = await Promise.all(clusters.map((database) => database(t)));
  await Promise.all(shards.map(becomeShard));
  await spreadOver(library, shards);
  return shards;
}
