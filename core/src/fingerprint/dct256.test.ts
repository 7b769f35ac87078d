import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { hammingDistance } from "../hamming/distance.ts";
import { type Dct256, dct256 } from "./dct256.ts";
import { toHex } from "./fingerprint.ts";
import { type Orientation, orientations } from "./orientations.ts";
import type { Pixels } from "./pixels.ts";
import {
  drawChecker,
  drawGradientAcross,
  drawGradientDown,
  drawNoise,
  drawScene,
  drawSolid,
  drawWaves,
} from "./testing/pictures.ts";
import { turn } from "./testing/turn.ts";

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.integer({ min: 5, max: 90 }), fc.integer({ min: 5, max: 90 })) },
  { weight: 2, arbitrary: fc.tuple(fc.integer({ min: 5, max: 400 }), fc.integer({ min: 5, max: 400 })) },
  { weight: 1, arbitrary: fc.constantFrom<[number, number]>([1024, 700], [1023, 701], [1, 1], [1, 64], [128, 64]) },
);
const someScene = fc
  .record({ size: sizes, seed: fc.nat(2 ** 31), channels: fc.constantFrom(1 as const, 3 as const), border: fc.nat(30) })
  .map(({ size: [width, height], border, ...rest }) => framed(drawScene({ width, height, ...rest }), border));

test("gives a turned or mirrored picture exactly the code that it foretells", () => {
  fc.assert(
    fc.property(someScene, fc.constantFrom(...orientations), (scene, done) => {
      assert.deepEqual(seen(dct256(turn(scene, done)), "identity"), seen(dct256(scene), done));
    }),
    { numRuns: 120, seed: 7 },
  );
});

test("moves at most 12 bits when a picture is halved, or shrunk by thirds and fifths", () => {
  for (const seed of [1, 2, 3, 4]) {
    const scene = drawScene({ width: 900, height: 600, seed });
    const { code } = dct256(scene).whole.fingerprint;
    for (const times of [2, 3, 5]) {
      const shrunk = dct256(averaged(scene, times)).whole.fingerprint.code;
      assert.ok(hammingDistance(code, shrunk) <= 12, `${hammingDistance(code, shrunk)} bits at a ${times}th`);
    }
  }
});

test("gives an inverted picture the opposite code but for a few bits", () => {
  for (const seed of [1, 2, 3]) {
    const scene = drawScene({ width: 333, height: 250, seed });
    const inverted = { ...scene, data: scene.data.map((value) => 255 - value) };
    const distance = hammingDistance(dct256(scene).whole.fingerprint.code, dct256(inverted).whole.fingerprint.code);
    assert.ok(distance >= 252, `${distance} bits`);
  }
});

test("has a low quality for flat, striped, two-tone and periodic pictures, and a high one for scenes", () => {
  const poor = [
    drawSolid(200, 150, [90, 120, 200]),
    drawGradientAcross(),
    drawGradientDown(),
    drawChecker(2),
    drawChecker(16),
    halves(),
  ];
  for (const pixels of poor) assert.ok(dct256(pixels).whole.fingerprint.quality < 30);
  for (const seed of [1, 2, 3]) {
    assert.ok(dct256(drawScene({ width: 300, height: 200, seed })).whole.fingerprint.quality > 80);
  }
});

test("keeps the code of what lies inside a frame or a letterbox", () => {
  const scene = drawScene({ width: 400, height: 300, seed: 11 });
  const { code } = dct256(scene).whole.fingerprint;
  for (const bordered of [
    framed(scene, 40),
    framed(scene, 150),
    letterboxed(scene, 60),
    framed(letterboxed(scene, 30), 12),
  ]) {
    const { whole, trimmed } = dct256(bordered);
    assert.deepEqual(trimmed?.fingerprint.code, code);
    assert.notDeepEqual(whole.fingerprint.code, code);
  }
});

test("has no second code without borders, nor where little would be left", () => {
  const scene = drawScene({ width: 400, height: 300, seed: 11 });
  assert.equal(dct256(scene).trimmed, undefined);
  assert.equal(dct256(framed(scene, 1)).trimmed, undefined);
  assert.equal(dct256(framed(scene, 500)).trimmed, undefined);
  assert.equal(dct256(drawSolid(100, 100, [7, 7, 7])).trimmed, undefined);
});

test("refuses sides that it cannot weigh exactly", () => {
  assert.throws(() => dct256({ data: new Uint8Array(0), width: 131_073, height: 1, channels: 1 }), RangeError);
  assert.throws(() => dct256({ data: new Uint8Array(0), width: 0, height: 5, channels: 1 }), RangeError);
});

function seen({ whole, trimmed }: Dct256, orientation: Orientation) {
  return [whole, trimmed].map((part) => part && [toHex(part.codes[orientation]), part.fingerprint.quality]);
}

function framed(picture: Pixels, border: number): Pixels {
  return extended(picture, { across: border, down: border });
}

function letterboxed(picture: Pixels, border: number): Pixels {
  return extended(picture, { across: 0, down: border });
}

/** The picture with black lines around. */
function extended(
  { data, width, height, channels }: Pixels,
  { across, down }: { readonly across: number; readonly down: number },
): Pixels {
  const size = { width: width + 2 * across, height: height + 2 * down, channels };
  const wider = new Uint8Array(size.width * size.height * channels);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    wider.set(row, ((y + down) * size.width + across) * channels);
  }
  return { data: wider, ...size };
}

/** The picture at a fraction of its size, each pixel the mean of a square. */
function averaged({ data, width, height, channels }: Pixels, times: number): Pixels {
  const size = { width: width / times, height: height / times, channels };
  const sums = new Uint32Array(size.width * size.height * channels);
  data.forEach((value, at) => {
    const pixel = Math.trunc(at / channels);
    const x = Math.trunc((pixel % width) / times);
    const y = Math.trunc(Math.trunc(pixel / width) / times);
    const to = (y * size.width + x) * channels + (at % channels);
    sums[to] = (sums[to] as number) + value;
  });
  return { data: Uint8Array.from(sums, (sum) => Math.round(sum / times ** 2)), ...size };
}

/** Black above white. */
function halves(): Pixels {
  return { data: new Uint8Array(200 * 200).fill(255, 200 * 100), width: 200, height: 200, channels: 1 };
}

test("has the codes and qualities that docs/fingerprints.md lists", async () => {
  const page = await readFile(join(import.meta.dirname, "../../../docs/fingerprints.md"), "utf8");
  const pictures: Readonly<Record<string, Pixels>> = {
    "drawNoise()": drawNoise(),
    "drawScene({ width: 640, height: 480, seed: 4960 })": drawScene({ width: 640, height: 480, seed: 4960 }),
    "drawScene({ width: 63, height: 65, seed: 506 })": drawScene({ width: 63, height: 65, seed: 506 }),
    "drawScene({ width: 5, height: 5, seed: 40 })": drawScene({ width: 5, height: 5, seed: 40 }),
    "drawScene({ width: 1000, height: 37, seed: 7037 })": drawScene({ width: 1000, height: 37, seed: 7037 }),
    "drawScene({ width: 321, height: 243, seed: 2490, channels: 1 })": drawScene({
      width: 321,
      height: 243,
      seed: 2490,
      channels: 1,
    }),
    "drawSolid(200, 150, [90, 120, 200])": drawSolid(200, 150, [90, 120, 200]),
    "waves(150, 100)": drawWaves(150, 100),
    "waves(101, 163)": drawWaves(101, 163),
    "waves(9, 7)": drawWaves(9, 7),
    framed: extended(drawWaves(150, 100), { across: 20, down: 8 }),
  };
  for (const [picture, pixels] of Object.entries(pictures)) {
    const { code, quality } = dct256(pixels).whole.fingerprint;
    assert.ok(page.includes(`| \`${picture}\` | \`${toHex(code)}\` | ${quality} |`), picture);
  }
  assert.deepEqual(
    seen({ whole: dct256(drawWaves(150, 100)).whole }, "identity")[0],
    seen(dct256(pictures.framed as Pixels), "identity")[1],
  );
  const { codes } = dct256(drawWaves(150, 100)).whole;
  for (const orientation of ["rotate-90", "transverse"] as const)
    assert.ok(page.includes(`| \`${orientation}\` of \`waves(150, 100)\` | \`${toHex(codes[orientation])}\` |`));
});
