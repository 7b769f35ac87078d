import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hammingDistance } from "@utsuru/core/distance";
import { type Orientation, orientations } from "@utsuru/core/orientations";
import { flipped, randomBits } from "../../../core/src/hamming/testing/code-sets.ts";
import { type TestDatabase, testDatabase } from "../../test/support/database.ts";
import { shardedDatabase, spreadOverServers } from "../../test/support/shards.ts";
import type { Catalog } from "../ports.ts";
import { openCatalog } from "./catalog.ts";
import { codeSearchIn } from "./code-search.ts";
import { type Connection, type Database, openDatabase } from "./database.ts";
import { explaining } from "./testing/explaining.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";

interface Opened {
  readonly database: Database;
  readonly shards: readonly Database[];
  readonly ownerId: string;
  readonly url: string;
  /** Of the shards. */
  readonly urls: readonly string[];
}

/** A library on three servers with one person. */
async function open(t: TestContext): Promise<Opened> {
  const { url, shards } = await shardedDatabase(t);
  const database = openOne(t, { url });
  const urls = shards.map((shard) => shard.url);
  return { database, shards: shards.map((shard) => openOne(t, shard)), ownerId: await insertUser(database), url, urls };
}

function openOne(t: TestContext, { url }: TestDatabase): Database {
  const database = openDatabase({ url, connectionsMax: 1 });
  t.after(() => database.close());
  return database;
}

async function catalogOf(t: TestContext, { url }: TestDatabase): Promise<Catalog> {
  const catalog = await openCatalog({ url });
  t.after(() => catalog.close());
  return catalog;
}

/** Fingerprints on each server itself. */
function countsOn(shards: readonly Connection[]): Promise<number[]> {
  return Promise.all(
    shards.map(async (on) => {
      const [row] = await on.query<{ count: number }>("select count(*) from only fingerprints", []);
      return row?.count ?? 0;
    }),
  );
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count);

interface Looks {
  readonly table: number;
  readonly bands: number;
}

/** How often the table was read whole, and how often the bands looked into, on a server itself. */
async function looksOn(on: Connection): Promise<Looks> {
  const [looks] = await on.query<Looks>(
    `select t.seq_scan as table, i.idx_scan as bands from pg_stat_user_tables t join pg_stat_user_indexes i using (relid)
     where t.relname = 'fingerprints' and i.indexrelname = 'fingerprints_bands_pdq'`,
    [],
  );
  return looks ?? { table: 0, bands: 0 };
}

const codeOf = (imageId: string): Uint8Array => new Uint8Array(createHash("sha256").update(imageId).digest());

test("every shard is sent the bands, at once, and answers from its index", async (t) => {
  const { database, shards, ownerId, url } = await open(t);
  const ids = await insertImages(database, ownerId, 2_000);
  const counts = await countsOn(shards);
  assert.equal(sumOf(counts), ids.length);
  assert.ok(Math.min(...counts) > 500, `${counts}`);
  for (const shard of shards) {
    await shard.query("analyze fingerprints", []);
    await shard.query("select pg_stat_force_next_flush()", []); // the counting above, too, is in the statistics from here on
  }
  const before = await Promise.all(shards.map(looksOn));

  const plans: string[] = [];
  const asking = openDatabase({ url, connectionsMax: 1 });
  const random = randomBits(1);
  const wanted = ids.slice(0, 4).map((id) => flipped(codeOf(id), 31, random));
  const viewer = { id: ownerId, audience: 1 };
  const codes = codeSearchIn(explaining(asking, plans, "verbose"), () => asking);
  const found = await codes.near({ space: "pdq", codes: wanted, limit: 10 }, viewer);
  assert.deepEqual(
    new Map(found.map(({ imageId, query }) => [imageId, query])),
    new Map(ids.slice(0, 4).map((id, query) => [id, query])),
  );
  await asking.close(); // a connection tells its statistics when it ends, and those to the shards end with it

  const remote = plans.flatMap((plan) => plan.match(/Remote SQL: .*/g) ?? []);
  assert.equal(remote.length, wanted.length * shards.length);
  for (const sql of remote) {
    assert.match(sql, /&& \$\d::integer\[\]/);
    assert.match(sql, /bit_count\(.*<= 31/);
  }
  assert.equal(plans.join().match(/Async Foreign Scan/g)?.length, remote.length);
  for (const [number, shard] of shards.entries()) {
    const looked = async (): Promise<Looks> => {
      const { table, bands } = await looksOn(shard);
      return { table: table - (before[number]?.table ?? 0), bands: bands - (before[number]?.bands ?? 0) };
    };
    for (let tries = 0; tries < 100 && (await looked()).bands === 0; tries++) await delay(50);
    assert.deepEqual(await looked(), { table: 0, bands: wanted.length });
  }
});

test("fingerprints go with their image, also when its owner goes, and the change is noted", async (t) => {
  const opened = await open(t);
  const { database, shards, ownerId } = opened;
  const catalog = await catalogOf(t, opened);
  const [gone = "", ...kept] = await insertImages(database, ownerId, 30);
  await database.query(
    `insert into image_data
       (image_id, format, width, height, bytes, original_key, thumbnail_key, thumbnail_bytes, thumbnail_sha256)
     select id, 'jpeg', 1, 1, 1, id::text, id::text || 't', 1, sha256w from images, sha256('') sha256w`,
    [],
  );
  const fingerprints = async (): Promise<number> => sumOf(await countsOn(shards));
  const viewer = { id: ownerId, audience: 1 };
  assert.equal((await catalog.images.find(gone, viewer))?.fingerprints.length, 1);
  const entries: string[] = [];
  for await (const batch of catalog.images.entries()) entries.push(...batch.map(({ imageId }) => imageId));
  assert.deepEqual(entries, [gone, ...kept].sort());
  const position = await catalog.changes.position();
  assert.ok(await catalog.images.remove(gone, ownerId));
  assert.equal(await fingerprints(), kept.length);
  const stop = new AbortController();
  for await (const event of catalog.changes.follow(position, stop.signal)) {
    if (event.kind !== "changes") continue;
    assert.deepEqual(event.changes, [{ imageId: gone, entry: undefined }]);
    stop.abort();
  }

  const [first = ""] = kept;
  const code = codeOf("another");
  const codes = Object.fromEntries(orientations.map((name) => [name, code])) as Record<Orientation, Uint8Array>;
  const oriented = [{ fingerprint: { algorithm: "pdq" as const, code, quality: 70 }, codes }];
  await catalog.renewals.keep(first, { oriented, features: Uint8Array.of(0) });
  const [replaced] = (await catalog.images.find(first, viewer))?.fingerprints ?? [];
  assert.equal(hammingDistance(replaced?.code ?? codeOf("none"), code), 0);
  await database.query("delete from users where id = $1", [ownerId]);
  assert.equal(await fingerprints(), 0);
});

test("what was in the library before comes along, and what a crash left of no image on a shard is not found", async (t) => {
  const library = await testDatabase(t);
  const database = openOne(t, library);
  const ownerId = await insertUser(database);
  const [id = ""] = await insertImages(database, ownerId, 1);
  const shards = await spreadOverServers(t, library);
  const catalog = await catalogOf(t, library);
  // A shard commits before the library: a crash in between leaves this.
  const left = "00000000-0000-4000-8000-000000000001";
  const code = `x${Buffer.from(codeOf(id)).toString("hex")}`;
  await database.query("insert into fingerprints values ($1, 'pdq', $2::bit(256), 100)", [left, code]);
  assert.equal(sumOf(await countsOn(shards.map((shard) => openOne(t, shard)))), 2);
  const viewer = { id: ownerId, audience: 1 };
  const found = await catalog.codes.near({ space: "pdq", codes: [codeOf(id)], limit: 10 }, viewer);
  assert.deepEqual(found, [{ imageId: id, distance: 0, query: 0 }]);
});

test("while a shard is away it is said that the database is, and all goes on when it is back", async (t) => {
  const opened = await open(t);
  const catalog = await catalogOf(t, opened);
  const { database, ownerId } = opened;
  const [id = ""] = await insertImages(database, ownerId, 1);
  const near = () => {
    const query = { space: "pdq", codes: [codeOf(id)], limit: 10 } as const;
    return catalog.codes.near(query, { id: ownerId, audience: 1 });
  };
  assert.equal((await near()).length, 1);
  const [away] = opened.urls;
  const { pathname } = new URL(away ?? "");
  const elsewhere = openDatabase({ url: new URL("/postgres", away).href, connectionsMax: 1 });
  t.after(() => elsewhere.close());
  const name = pathname.slice(1);
  await elsewhere.query(`alter database ${name} allow_connections false`, []);
  await elsewhere.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
  for (let asked = 0; asked < 3; asked++) await assert.rejects(near(), { code: "database-unavailable" });
  await elsewhere.query(`alter database ${name} allow_connections true`, []);
  assert.equal((await near()).length, 1);
});
