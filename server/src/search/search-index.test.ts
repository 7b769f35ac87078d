import type { TestContext } from "node:test";
import { serverDatabases, testDatabase } from "../../test/support/database.ts";
import { shardedDatabase } from "../../test/support/shards.ts";
import type { Catalog } from "../ports.ts";
import { openCatalog } from "../postgres/catalog.ts";
import { databaseIndex } from "./database-index.ts";
import { openSearchIndex } from "./open-search-index.ts";
import { MemoryFile } from "./testing/memory-file.ts";
import { describeSearchIndex } from "./testing/search-index-contract.ts";

async function catalogOf(t: TestContext, database: typeof testDatabase): Promise<Catalog> {
  const catalog = await openCatalog(await database(t));
  t.after(() => catalog.close());
  return catalog;
}

async function inDatabase(t: TestContext, database: typeof testDatabase) {
  const catalog = await catalogOf(t, database);
  await catalog.codes.prepare();
  return { catalog, index: databaseIndex(catalog) };
}

describeSearchIndex("the index in memory", async (t) => {
  const catalog = await catalogOf(t, testDatabase);
  const clock = { now: () => new Date() };
  const index = await openSearchIndex({ catalog, snapshot: new MemoryFile(), clock, notice: () => {} });
  t.after(() => index.close());
  return { catalog, index };
});

describeSearchIndex("the index that the embedded database is", (t) => inDatabase(t, testDatabase));

describeSearchIndex(`the index that ${serverDatabases.name} is`, (t) => inDatabase(t, serverDatabases.testDatabase), {
  skip: serverDatabases.skip,
});

describeSearchIndex("the index that three databases on three servers are", (t) => inDatabase(t, shardedDatabase), {
  imagesPerSet: 60,
});
