import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "./fingerprint.ts";
import { hashNames, hashPixels } from "./hash-pixels.ts";
import { pdq } from "./pdq.ts";
import type { Pixels } from "./pixels.ts";

const side = 96;

function bordered(border: number): Pixels {
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [i % side, Math.floor(i / side)];
    const isBorder = Math.min(x, y, side - 1 - x, side - 1 - y) < border;
    return isBorder ? 255 : (x * x + 3 * y * y + x * y) % 251;
  });
  return { data, width: side, height: side, channels: 1 };
}

test("a picture has each hash that was asked for, under its name", () => {
  const picture = bordered(8);
  const all = hashPixels(picture, hashNames);
  assert.deepEqual(Object.keys(all), hashNames);
  assert.equal(all.pdq?.hex, toHex(pdq(picture).fingerprint.code));
  assert.equal(all.phash?.hex.length, 16);
  assert.deepEqual(Object.keys(hashPixels(picture, ["whash"])), ["whash"]);
});

test("a picture without flat borders has no trimmed hash", () => {
  assert.deepEqual(hashPixels(bordered(0), ["dct256Trimmed"]), {});
});
