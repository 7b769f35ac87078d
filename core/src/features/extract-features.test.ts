import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { extractFeatures } from "./extract-features.ts";
import type { LocalFeatures } from "./local-features.ts";
import { packedBytesMax, packFeatures, unpackFeatures } from "./pack.ts";
import { variantOf } from "./parity.ts";
import { drawScene, invertPixels, mirrorPixels, photograph, type Scene, xorshift } from "./testing/scenes.ts";

const scene = photograph(drawScene(5), { width: 512, height: 384 });

test("keeps at most 174 keypoints to store, in at most 8 kB", () => {
  const noise = photograph(scatter(9), { width: 512, height: 384 });
  const packed = packFeatures(extractFeatures(noise));
  assert.ok(packed.length === packedBytesMax && packedBytesMax <= 8000);
  assert.equal(unpackFeatures(packed)?.count, 174);
});

test("describes a mirrored picture by the mask of mirrored features", () => {
  assertSameFeatures(extractFeatures(mirrorPixels(scene)), variantOf(extractFeatures(scene), "mirrored"));
});

test("describes a negative by the mask of inverted features", () => {
  assertSameFeatures(extractFeatures(invertPixels(scene)), variantOf(extractFeatures(scene), "inverted"));
});

test("a variant of a variant is the picture itself", () => {
  const features = extractFeatures(scene);
  for (const variant of ["plain", "mirrored", "inverted", "mirrored-inverted"] as const) {
    const back = variantOf(variantOf(features, variant), variant);
    assert.deepEqual(back.descriptors, features.descriptors);
    assert.deepEqual(back.miniature, features.miniature);
  }
});

test("leaves keypoints to every part of a picture although one part has far more contrast", () => {
  const { data, width, height } = scene;
  const loud = data.map((value, i) => (i % width < 128 ? value : 128 + Math.round((value - 128) / 3)));
  const features = extractFeatures({ data: loud, width, height, channels: 1 });
  const quiet = [...features.x].filter((x) => x > 160).length;
  assert.ok(quiet > features.count / 3, `${quiet} of ${features.count}`);
});

test("takes pictures of a pixel, of a line, flat ones and large ones", () => {
  for (const [width, height] of [
    [1, 1],
    [900, 1],
    [3, 700],
    [1600, 1200],
  ] as const) {
    const data = new Uint8Array(width * height * 3).fill(99);
    assert.equal(extractFeatures({ data, width, height, channels: 3 }).count, 0);
  }
});

test("reads what it packed, to the precision of the layout", () => {
  const features = extractFeatures(scene);
  const read = unpackFeatures(packFeatures(features)) as LocalFeatures;
  assert.deepEqual(read.descriptors, features.descriptors);
  assert.deepEqual(read.angle, features.angle);
  assert.deepEqual(packFeatures(read), packFeatures(unpackFeatures(packFeatures(read)) as LocalFeatures));
  for (let i = 0; i < read.count; i++) {
    assert.ok(Math.abs((read.x[i] as number) - (features.x[i] as number)) <= 1 / 16);
    assert.ok(Math.abs((read.scale[i] as number) - (features.scale[i] as number)) <= 1 / 32);
  }
});

test("refuses bytes that are of another version, too short, too long, or nothing", () => {
  const packed = packFeatures(extractFeatures(scene));
  assert.equal(unpackFeatures(new Uint8Array(0)), undefined);
  assert.equal(unpackFeatures(packed.subarray(0, -1)), undefined);
  assert.equal(unpackFeatures(Uint8Array.from([...packed, 0])), undefined);
  assert.equal(unpackFeatures(Uint8Array.from(packed, (byte, i) => (i === 0 ? byte + 1 : byte))), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      const read = unpackFeatures(bytes);
      assert.ok(read === undefined || read.count === bytes[1]);
    }),
  );
});

/** Squares of any grey: something to see everywhere. */
function scatter(seed: number): Scene {
  const random = xorshift(seed);
  const greys = Array.from({ length: 64 * 64 }, () => 255 * random());
  return (x, y) => greys[64 * Math.floor(y / 8) + Math.floor(x / 8)] ?? 0;
}

/** Most keypoints of the one are found in the other, at the same place, with at most 16 bits of difference. */
function assertSameFeatures(actual: LocalFeatures, expected: LocalFeatures): void {
  let same = 0;
  for (let i = 0; i < expected.count; i++)
    for (let j = 0; j < actual.count; j++) {
      const dx = (actual.x[j] as number) - (expected.x[i] as number);
      const dy = (actual.y[j] as number) - (expected.y[i] as number);
      if (dx * dx + dy * dy > 2 || bitsBetween(expected, i, actual, j) > 16) continue;
      same++;
      break;
    }
  assert.ok(same > 0.85 * expected.count, `${same} of ${expected.count}`);
}

// biome-ignore lint/complexity/useMaxParams: two keypoints, each named by its list and its number
function bitsBetween(a: LocalFeatures, i: number, b: LocalFeatures, j: number): number {
  let bits = 0;
  for (let w = 0; w < 8; w++) {
    let word = (a.descriptors[8 * i + w] as number) ^ (b.descriptors[8 * j + w] as number);
    for (; word !== 0; word &= word - 1) bits++;
  }
  return bits;
}
