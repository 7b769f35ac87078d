import pg from "pg";
import { openCatalog } from "../../src/postgres/catalog.ts";

/** Makes a database with the newest schema and nothing in it. */
export async function makeTemplate(url: string, name: string): Promise<void> {
  await execute(url, `create database ${name} template template0`);
  const catalog = await openCatalog({ url: urlOf(url, name) });
  await catalog.close();
}

/** Runs a statement on a connection of its own. */
export async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The URL of another database of a server. */
export function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
