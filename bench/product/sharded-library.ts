import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openCatalog } from "../../server/src/postgres/catalog.ts";
import { type EmbeddedDatabase, startEmbedded } from "../../server/src/postgres/embedded.ts";
import { becomeShard, spreadOver } from "../../server/src/postgres/testing/shards.ts";

/** PostgreSQL clusters on this machine, and databases on them. */
export class Clusters {
  readonly #folder: string;
  readonly #servers: readonly EmbeddedDatabase[];

  private constructor(folder: string, servers: readonly EmbeddedDatabase[]) {
    this.#folder = folder;
    this.#servers = servers;
  }

  static async start(count: number): Promise<Clusters> {
    const folder = await mkdtemp(join(tmpdir(), "utsuru-bench-"));
    const servers: EmbeddedDatabase[] = [];
    for (let i = 0; i < count; i++) servers.push(await startEmbedded({ directory: join(folder, `${i}`) }));
    return new Clusters(folder, servers);
  }

  /** A new database on a cluster: empty, or as another on it is. */
  async create(cluster: number, name: string, template = "template1"): Promise<{ readonly url: string }> {
    const server = this.#servers[cluster];
    if (!server) throw new Error(`there is no cluster ${cluster}`);
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(`create database ${name} template ${template}`);
    await client.end();
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return { url: url.href };
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    await rm(this.#folder, { recursive: true, maxRetries: 5 });
  }
}

/** A library in which the database searches; its fingerprints on shards, if there are any. */
export interface ShardedLibrary {
  readonly library: { readonly url: string };
  readonly shards: readonly { readonly url: string }[];
}

/** Copies a library on the first cluster and spreads the copy's fingerprints over so many clusters, one database each; without any they stay. */
export async function spreadCopy(clusters: Clusters, template: string, shardCount: number): Promise<ShardedLibrary> {
  const library = await clusters.create(0, `over_${shardCount}`, template);
  const shards: { url: string }[] = [];
  for (let number = 0; number < shardCount; number++) {
    const shard = await clusters.create(number, `shard_${number}_of_${shardCount}`);
    await prepare(shard);
    await becomeShard(shard);
    shards.push(shard);
  }
  if (shards.length > 0) await spreadOver(library, shards);
  else await prepare(library);
  for (const { url } of [library, ...shards]) await vacuum(url);
  return { library, shards };
}

async function prepare(database: { readonly url: string }): Promise<void> {
  const catalog = await openCatalog(database);
  await catalog.codes.prepare();
  await catalog.close();
}

/** Foreign tables are left out: their servers do it themselves. */
async function vacuum(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("vacuum analyze");
  await client.end();
}
