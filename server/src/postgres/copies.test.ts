import assert from "node:assert/strict";
import { test } from "node:test";
import { dct256 } from "@utsuru/core/dct256";
import { hammingDistance } from "@utsuru/core/distance";
import { orientations } from "@utsuru/core/orientations";
import { pdq } from "@utsuru/core/pdq";
import { v7 as uuidv7 } from "uuid";
import { drawScene } from "../../../core/src/fingerprint/testing/pictures.ts";
import { testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "./catalog.ts";
import { openDatabase } from "./database.ts";
import { insertUser } from "./testing/sample-images.ts";

test("codes of all orientations come back as they were kept, and nearly so where they were not", async (t) => {
  const { url } = await testDatabase(t);
  const [catalog, database] = [await openCatalog({ url }), openDatabase({ url, connectionsMax: 1 })];
  t.after(() => Promise.all([catalog.close(), database.close()]));
  const ownerId = await insertUser(database);
  const pixels = drawScene({ width: 200, height: 150, seed: 3 });
  const oriented = [dct256(pixels).whole, pdq(pixels)];
  const id = uuidv7();
  const keys = { original: "o", thumbnail: "t" };
  const [original, thumbnail] = ["o", "t"].map((key) => ({ key, bytes: 1, sha256: "0f".repeat(32) }));
  assert.ok(original && thumbnail);
  await catalog.objects.notePut({ id, imageId: id, keys: Object.values(keys) });
  await catalog.images.add(
    {
      ...{
        id,
        owner: { id: ownerId, audience: 1 },
        visibility: "public",
        file: "a.png",
        format: "png",
        bytes: 1,
        keys,
      },
      ...{ width: 200, height: 150, sha256: "0f".repeat(32), createdAt: new Date() },
      fingerprints: oriented.map(({ fingerprint }) => fingerprint),
    },
    { original, thumbnail, oriented },
  );
  const kept = await catalog.copies.pending(ownerId, { limit: 10 });
  assert.deepEqual(kept, [{ imageId: id, fingerprints: oriented }]);

  await database.query("update fingerprints set mirrored = null", []);
  const [derived] = await catalog.copies.pending(ownerId, { limit: 10 });
  for (const [at, { codes }] of oriented.entries()) {
    for (const name of orientations) {
      const distance = hammingDistance(derived?.fingerprints[at]?.codes[name] ?? new Uint8Array(32), codes[name]);
      assert.ok(distance <= 24, `${name}: ${distance} bits`);
    }
  }
});
