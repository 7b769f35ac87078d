import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { toHex } from "@utsuru/core/fingerprint";
import { testDatabase } from "../../test/support/database.ts";
import type { Catalog, IndexEntry } from "../ports.ts";
import { openCatalog } from "./catalog.ts";
import { openDatabase } from "./database.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";

async function readAll(catalog: Catalog): Promise<{ entries: IndexEntry[]; tookMs: number }> {
  const start = performance.now();
  const entries: IndexEntry[] = [];
  for await (const batch of catalog.images.entries()) entries.push(...batch);
  return { entries, tookMs: performance.now() - start };
}

/** The code of a sample image is its id's checksum. */
function isAsMade({ imageId, fingerprints: [only, ...others] }: IndexEntry): boolean {
  const code = createHash("sha256").update(imageId).digest("hex");
  return only?.algorithm === "pdq" && toHex(only.code) === code && others.length === 0;
}

test("ten thousand entries are read in well under a second, each once", async (t) => {
  const { url } = await testDatabase(t);
  const catalog = await openCatalog({ url });
  const database = openDatabase({ url });
  t.after(() => Promise.all([catalog.close(), database.close()]));
  await insertImages(database, await insertUser(database), 10_000);
  const reads = [await readAll(catalog), await readAll(catalog), await readAll(catalog)];
  for (const { entries } of reads) {
    assert.equal(new Set(entries.map(({ imageId }) => imageId)).size, 10_000);
    assert.ok(entries.every(isAsMade));
  }
  const bestMs = Math.min(...reads.map(({ tookMs }) => tookMs)); // the machine may be busy with other tests
  t.diagnostic(`${bestMs.toFixed(0)} ms`);
  assert.ok(bestMs < 1_000, `it took ${bestMs.toFixed(0)} ms`);
});
