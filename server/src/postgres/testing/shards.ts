import { readFile } from "node:fs/promises";
import pg from "pg";
import { codeSearchIn } from "../code-search.ts";
import { openDatabase } from "../database.ts";

/** A database by its URL. */
interface At {
  readonly url: string;
}

/** Makes an empty database with the newest schema a shard, as docs/search-in-the-database.md says. */
export async function becomeShard(database: At): Promise<void> {
  const open = () => openDatabase({ ...database, connectionsMax: 1 });
  const opened = open();
  await codeSearchIn(opened, open).prepare();
  await opened.close();
  await inSession(database, async (client) => void (await client.query(await sqlOf("on-each-shard.sql"))));
}

/** Spreads the fingerprints of a library over shards, as docs/search-in-the-database.md says. */
export async function spreadOver(library: At, shards: readonly At[]): Promise<void> {
  await inSession(library, async (client) => {
    await client.query(
      "create temporary table shards (number integer, host text, port text, dbname text, username text, password text)",
    );
    for (const [number, { url }] of shards.entries()) {
      const { hostname, port, pathname, username, password } = new URL(url);
      const values = [number, hostname, port, pathname.slice(1), username, decodeURIComponent(password)];
      await client.query("insert into shards values ($1, $2, $3, $4, $5, $6)", values);
    }
    await client.query(await sqlOf("on-the-library.sql")); // statements in one text are one transaction
  });
}

function sqlOf(name: string): Promise<string> {
  return readFile(new URL(`../../../shards/${name}`, import.meta.url), "utf8");
}

async function inSession(database: At, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
