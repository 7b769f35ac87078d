import assert from "node:assert/strict";
import { test } from "node:test";
import { shardsFor } from "./shards-for.ts";

test("up to five million images are held in the server's own thread, more in one for each five million", () => {
  const expected = { 0: 0, 5000000: 0, 5000001: 2, 10000000: 2, 10000001: 3, 100000000: 20 };
  for (const [images, shards] of Object.entries(expected)) assert.equal(shardsFor(Number(images)), shards);
});
