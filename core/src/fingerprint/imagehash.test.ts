import assert from "node:assert/strict";
import { test } from "node:test";
import { averageHash, differenceHash, perceptualHash, verticalDifferenceHash, waveletHash } from "./imagehash.ts";
import type { Pixels } from "./pixels.ts";
import { decodeGolden, type GoldenPicture, goldenAbsent, readGolden } from "./testing/golden.ts";
import {
  drawChecker,
  drawGradientAcross,
  drawGradientDown,
  drawNoise,
  drawScene,
  drawSolid,
} from "./testing/pictures.ts";

/** By the names of Python's functions; `_16` is of hash size 16. */
interface Hashes {
  readonly ahash: string;
  readonly phash: string;
  readonly dhash: string;
  readonly dhash_vertical: string;
  readonly whash: string;
  readonly phash_16: string;
  readonly dhash_16: string;
}

/** Values of ImageHash 4.3.2 (commit 4e289ebe) on Pillow 9.4.0, NumPy 1.24.2, SciPy 1.10.1 and PyWavelets 1.1.1, given these pixels. */
const references: readonly (Hashes & { readonly pixels: Pixels })[] = [
  {
    pixels: drawNoise(),
    ahash: "10b7331d17e0e834",
    phash: "ce8e4b751a594b0d",
    dhash: "216566b1a50842d5",
    dhash_vertical: "e710480462803205",
    whash: "10bb711d5fc2f815",
    phash_16: "ceb68ea34f4671191ae3594148400dfa5e4f48dc8fbbe95e7153cb61aac94d07",
    dhash_16: "d6269499a8b34a3292ab249ea42b24624a946491a9328d4e109864942a563267",
  },
  {
    pixels: drawGradientAcross(),
    ahash: "0f0f0f0f0f0f0f0f",
    phash: "aa00000000000000",
    dhash: "ffffffffffffffff",
    dhash_vertical: "0000000000000000",
    whash: "0f0f0f0f0f0f0f0f",
    phash_16: "8000000000000000000000000000000000000000000000000000000000000000",
    dhash_16: "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  },
  {
    pixels: drawGradientDown(),
    ahash: "00000000ffffffff",
    phash: "8000800080008000",
    dhash: "0000000000000000",
    dhash_vertical: "ffffffffffffffff",
    whash: "00000000ffffffff",
    phash_16: "8000000000000000000000000000000000000000000000000000000000000000",
    dhash_16: "0000000000000000000000000000000000000000000000000000000000000000",
  },
  {
    pixels: drawChecker(16),
    ahash: "5dba5dffffba5dba",
    phash: "8000000000000000",
    dhash: "9142910000429142",
    dhash_vertical: "a24500a2000045a2",
    whash: "0000000000000000",
    phash_16: "8000000000000000000000000000000000000000000000000000000000000000",
    dhash_16: "aa5555aaaa5555aaaa5555aaaa5555aaaa5555aaaa5555aaaa5555aaaa5555aa",
  },
  {
    pixels: drawChecker(2),
    ahash: "5dba5dffffba5dba",
    phash: "aa00aa00aa00aa00",
    dhash: "9142910000429142",
    dhash_vertical: "a24500e700a245a2",
    whash: "0000000000000000",
    phash_16: "8000000000000000000000000000000000000000000000000000000000000000",
    dhash_16: "a425510aa4250000000000000000000000000000000000000000510aa425510a",
  },
  {
    pixels: drawSolid(200, 150, [90, 120, 200]),
    ahash: "0000000000000000",
    phash: "8000000000000000",
    dhash: "0000000000000000",
    dhash_vertical: "0000000000000000",
    whash: "0000000000000000",
    phash_16: "8000000000000000000000000000000000000000000000000000000000000000",
    dhash_16: "0000000000000000000000000000000000000000000000000000000000000000",
  },
];

test("equals Python's ImageHash on noise, gradients, checkers and one colour", () => {
  for (const { pixels, ...hashes } of references) assert.deepEqual(hashesOf(pixels), hashes);
});

test("equals Python's ImageHash on all 132 golden pictures, and its wavelet hash on 129", {
  skip: goldenAbsent,
}, async () => {
  const pictures = await readGolden<GoldenPicture & Hashes>("imagehash.json");
  assert.equal(pictures.length, 132);
  let wavelets = 0;
  for (const picture of pictures) {
    const { whash, ...exact } = hashesOf(await decodeGolden(picture));
    for (const name of exactNames) assert.equal(exact[name], picture[name], `${name} of ${picture.file}`);
    if (whash === picture.whash) wavelets++;
  }
  assert.ok(wavelets >= 129, `${wavelets} wavelet hashes`);
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

const exactNames = ["ahash", "phash", "dhash", "dhash_vertical", "phash_16", "dhash_16"] as const;

function hashesOf(pixels: Pixels): Hashes {
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
