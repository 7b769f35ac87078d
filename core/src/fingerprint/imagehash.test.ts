import assert from "node:assert/strict";
import { test } from "node:test";
import { averageHash, differenceHash, perceptualHash, verticalDifferenceHash, waveletHash } from "./imagehash.ts";
import type { Pixels } from "./pixels.ts";
import {
  decodeGolden,
  drawGolden,
  drawnValues,
  type GoldenPicture,
  goldenAbsent,
  type ImageHashes,
  readGolden,
} from "./testing/golden.ts";
import { drawScene, drawSolid } from "./testing/pictures.ts";

test("equals Python's ImageHash on golden's drawn pictures", () => {
  for (const golden of drawnValues) assert.deepEqual(hashesOf(drawGolden(golden)), golden.imagehash, golden.name);
});

test("equals Python's ImageHash on all 132 golden pictures", { skip: goldenAbsent }, async () => {
  const pictures = await readGolden<GoldenPicture & ImageHashes>("imagehash.json");
  assert.equal(pictures.length, 132);
  for (const picture of pictures) {
    const hashes = hashesOf(await decodeGolden(picture));
    for (const [name, hash] of Object.entries(hashes))
      assert.equal(hash, picture[name as keyof ImageHashes], `${name} of ${picture.file}`);
  }
});

test("writes as many digits as its bits need", () => {
  const scene = drawScene({ width: 100, height: 80, seed: 5 });
  for (const hash of [averageHash, perceptualHash, differenceHash, verticalDifferenceHash]) {
    for (const hashSize of [2, 3, 5, 8, 16, 32]) assert.match(hash(scene, { hashSize }), digits(hashSize));
  }
  for (const hashSize of [2, 8, 16, 128]) assert.match(waveletHash(scene, { hashSize }), digits(hashSize));
});

test("is the same in grey as in colour of equal parts", () => {
  const grey = drawScene({ width: 90, height: 120, seed: 6, channels: 1 });
  const data = Uint8Array.from({ length: grey.data.length * 3 }, (_, at) => grey.data[Math.trunc(at / 3)] as number);
  assert.deepEqual(hashesOf({ ...grey, data, channels: 3 }), hashesOf(grey));
});

test("refuses sizes that are no hash size", () => {
  const scene = drawSolid(10, 10, [0, 0, 0]);
  for (const hashSize of [1, 0, -8, 2.5, Number.NaN]) assert.throws(() => averageHash(scene, { hashSize }), RangeError);
  assert.throws(() => waveletHash(scene, { hashSize: 6 }), RangeError);
});

function hashesOf(pixels: Pixels): ImageHashes {
  return {
    ahash: averageHash(pixels),
    phash: perceptualHash(pixels),
    dhash: differenceHash(pixels),
    dhash_vertical: verticalDifferenceHash(pixels),
    whash: waveletHash(pixels),
    phash_16: perceptualHash(pixels, { hashSize: 16 }),
    dhash_16: differenceHash(pixels, { hashSize: 16 }),
  };
}

function digits(hashSize: number): RegExp {
  return new RegExp(`^[0-9a-f]{${Math.ceil(hashSize ** 2 / 4)}}$`);
}
