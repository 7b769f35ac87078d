import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import { flipped, randomBits, randomCode } from "../../../core/src/hamming/testing/code-sets.ts";
import { serverDatabases, testDatabase } from "../../test/support/database.ts";
import { codeSearchIn } from "./code-search.ts";
import { type Database, openDatabase } from "./database.ts";
import { explaining } from "./testing/explaining.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";

const viewer = { id: "00000000-0000-7000-8000-000000000000", audience: 1 };
const servers = [
  { name: "the embedded PostgreSQL", skip: false, database: testDatabase },
  { name: serverDatabases.name, skip: serverDatabases.skip, database: serverDatabases.testDatabase },
] as const;

async function open(t: TestContext, database: typeof testDatabase) {
  const { url } = await database(t);
  const opened = openDatabase({ url });
  t.after(() => opened.close());
  const upkeep = (): Database => openDatabase({ url, connectionsMax: 1 });
  return { database: opened, upkeep, codes: codeSearchIn(opened, upkeep) };
}

/** Fingerprints of one code, each of a public image of its own; returns how many there are of it. */
async function insertEqual(on: Database, code: Uint8Array, count: number): Promise<void> {
  const ids = await insertImages(on, await insertUser(on), count);
  await on.query("update fingerprints set code = $1::bit(256) where image_id = any ($2::uuid[])", [
    `x${Buffer.from(code).toString("hex")}`,
    ids,
  ]);
}

for (const { name, skip, database } of servers) {
  test(`${name} answers from the index also where it would rather read the table, and misses nothing`, {
    skip,
  }, async (t) => {
    const { database: on, upkeep, codes } = await open(t, database);
    const ids = await insertImages(on, await insertUser(on), 50_000);
    await codes.prepare();
    const plans: string[] = [];
    const explained = codeSearchIn(explaining(on, plans), upkeep);
    const random = randomBits(8);
    for (const imageId of ids.slice(0, 3)) {
      const kept = new Uint8Array(createHash("sha256").update(imageId).digest());
      const wanted = [randomCode(random), flipped(kept, 31, random), flipped(kept, 32, random)];
      const found = await explained.near({ space: "pdq", codes: wanted, limit: 10 }, viewer);
      assert.deepEqual(found, [{ imageId, distance: 31, query: 1 }]);
    }
    for (const plan of plans) {
      assert.match(plan, /Bitmap Index Scan on fingerprints_bands_pdq/);
      assert.doesNotMatch(plan, /Seq Scan on fingerprints/);
    }
    assert.equal(plans.length, 3);
  });
}

test("thousands of images with one fingerprint are answered in bounded time, the nearest of them", async (t) => {
  const { database, codes } = await open(t, testDatabase);
  const random = randomBits(9);
  const code = randomCode(random);
  await insertEqual(database, code, 12_000);
  await codes.prepare();
  const wanted = Array.from({ length: 8 }, (_, i) => flipped(code, i + 3, random));
  const begun = performance.now();
  const found = await codes.near({ space: "pdq", codes: wanted, limit: 10_000 }, viewer);
  const tookMs = performance.now() - begun;
  t.diagnostic(`${Math.round(tookMs)} ms`);
  assert.equal(found.length, 10_000);
  assert.ok(found.every(({ distance, query }) => distance === 3 && query === 0));
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
});

test("servers that start at once make each index once, and one that was left unfinished is made anew", async (t) => {
  const { database, codes } = await open(t, testDatabase);
  const valid = async (): Promise<unknown> =>
    database.query(
      `select c.relname as name, i.indisvalid as valid from pg_index i join pg_class c on c.oid = i.indexrelid
       where c.relname like 'fingerprints_bands%' order by 1`,
      [],
    );
  const both = [
    { name: "fingerprints_bands_dct256", valid: true },
    { name: "fingerprints_bands_pdq", valid: true },
  ];
  await Promise.all([codes.prepare(), codes.prepare(), codes.prepare()]);
  assert.deepEqual(await valid(), both);
  await database.query(
    "update pg_index set indisvalid = false where indexrelid = 'fingerprints_bands_pdq'::regclass",
    [],
  );
  await codes.prepare();
  assert.deepEqual(await valid(), both);
});
