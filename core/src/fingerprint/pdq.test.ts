import assert from "node:assert/strict";
import { test } from "node:test";
import { hammingDistance } from "../hamming/distance.ts";
import { toHex } from "./fingerprint.ts";
import { orientations } from "./orientations.ts";
import type { OrientedFingerprint } from "./oriented-fingerprint.ts";
import { pdq, pdqCommandLine, pdqOfShrunk } from "./pdq.ts";
import type { Pixels } from "./pixels.ts";
import {
  decodeGolden,
  drawGolden,
  drawnValues,
  type GoldenPicture,
  goldenAbsent,
  type PdqValues,
  readGolden,
} from "./testing/golden.ts";
import {
  commandLineReferences,
  orientedReferences,
  ourNames,
  type ReferenceSymmetry,
  sceneReferences,
} from "./testing/pdq-references.ts";
import { drawScene, drawSolid } from "./testing/pictures.ts";
import { turn } from "./testing/turn.ts";

test("has the reference's code, quality and orientations of golden's drawn pictures, and those of Meta's command line", () => {
  assert.equal(drawnValues.length, 31);
  for (const golden of drawnValues) {
    const pixels = drawGolden(golden);
    assert.deepEqual(valuesOf(pdq(pixels)), golden.pdq, golden.name);
    assert.deepEqual(valuesOf(pdqCommandLine(pixels)), golden.commandLine ?? golden.pdq, golden.name);
  }
});

test("has the reference's values of scenes of odd, even, tiny and narrow sizes, in colour and in grey", () => {
  for (const { hex, quality, ...scene } of sceneReferences) {
    const { fingerprint, codes } = pdq(drawScene(scene));
    assert.deepEqual([toHex(fingerprint.code), fingerprint.quality], [hex, quality], `${scene.width}×${scene.height}`);
    assert.deepEqual(codes.identity, fingerprint.code);
  }
});

test("has the values of Meta's command line where a side exceeds 512 pixels", () => {
  for (const { hex, quality, ...scene } of commandLineReferences) {
    const { fingerprint } = pdqCommandLine(drawScene(scene));
    assert.deepEqual([toHex(fingerprint.code), fingerprint.quality], [hex, quality], `${scene.width}×${scene.height}`);
  }
});

test("equals Meta's command line where no side exceeds 512 pixels", () => {
  const scene = drawScene({ width: 512, height: 300, seed: 4 });
  assert.deepEqual(pdqCommandLine(scene), pdq(scene));
});

test("of shrunk pixels is nearly that of the full size, with boxes of an even and of an odd number of pixels", () => {
  for (const [width, height] of [
    [1536, 1152],
    [1200, 900],
    [1240, 620],
  ] as const) {
    for (const seed of [1, 2, 3]) {
      const scene = drawScene({ width, height, seed });
      const exact = pdq(scene);
      const shrunk = pdqOfShrunk(quartered(scene), scene);
      const bits = hammingDistance(shrunk.fingerprint.code, exact.fingerprint.code);
      assert.ok(bits <= 4, `${width}×${height}: ${bits} bits`);
      assert.ok(Math.abs(shrunk.fingerprint.quality - exact.fingerprint.quality) <= 2);
    }
  }
});

test("of pixels that were not shrunk is exactly that of the full size", () => {
  const scene = drawScene({ width: 300, height: 200, seed: 5 });
  assert.deepEqual(pdqOfShrunk(scene, scene), pdq(scene));
});

test("is empty of a sliver, shrunk or not", () => {
  const sliver = drawScene({ width: 640, height: 4, seed: 5 });
  assert.deepEqual(pdqOfShrunk(sliver, { width: 6400, height: 4 }), pdq(sliver));
});

test("has the reference's values of all eight orientations", () => {
  for (const { hex, ...scene } of orientedReferences) {
    const { codes } = pdq(drawScene(scene));
    for (const [theirs, ours] of symmetries()) assert.equal(toHex(codes[ours]), hex[theirs], ours);
  }
});

test("names each orientation by what was done to the pixels", () => {
  const scene = drawScene({ width: 400, height: 300, seed: 3 });
  const { codes } = pdq(scene);
  for (const done of orientations) {
    const { code } = pdq(turn(scene, done)).fingerprint;
    const nearest = orientations.toSorted((a, b) => hammingDistance(codes[a], code) - hammingDistance(codes[b], code));
    assert.equal(nearest[0], done);
    assert.ok(hammingDistance(codes[done], code) <= 31, `${done}: ${hammingDistance(codes[done], code)} bits`);
  }
});

test("gives pictures under 5 pixels a blank code of quality 0", () => {
  for (const pixels of [drawSolid(4, 300, [1, 2, 3]), drawSolid(300, 4, [1, 2, 3]), drawSolid(1, 1, [1, 2, 3])]) {
    const { fingerprint, codes } = pdq(pixels);
    assert.equal(fingerprint.quality, 0);
    for (const orientation of orientations) assert.deepEqual(codes[orientation], new Uint8Array(32));
  }
});

interface Golden {
  readonly quality: number;
  readonly dihedral: PdqValues["codes"];
}

interface GoldenPdq extends GoldenPicture, Golden {
  readonly full: Golden;
  /** What the command line's library makes of these pixels where its own decoder gave it others. */
  readonly cimg512_from_rgb?: Golden;
}

test("has the reference's code, quality and orientations of all 132 golden pictures, both ways", {
  skip: goldenAbsent,
}, async () => {
  const pictures = await readGolden<GoldenPdq>("pdq.json");
  assert.equal(pictures.length, 132);
  for (const picture of pictures) {
    const pixels = await decodeGolden(picture);
    assert.deepEqual(valuesOf(pdq(pixels)), goldenValues(picture.full), picture.file);
    const commandLine = goldenValues(picture.cimg512_from_rgb ?? picture);
    assert.deepEqual(valuesOf(pdqCommandLine(pixels)), commandLine, picture.file);
  }
});

function goldenValues({ quality, dihedral }: Golden): PdqValues {
  return { quality, codes: dihedral };
}

function valuesOf({ fingerprint, codes }: OrientedFingerprint): PdqValues {
  assert.deepEqual(codes.identity, fingerprint.code);
  const named = Object.fromEntries(symmetries().map(([theirs, ours]) => [theirs, toHex(codes[ours])]));
  return { quality: fingerprint.quality, codes: named as PdqValues["codes"] };
}

function symmetries() {
  return Object.entries(ourNames) as [ReferenceSymmetry, (typeof ourNames)[ReferenceSymmetry]][];
}

/** Means of 4×4 pixels. */
function quartered({ data, width, height, channels }: Pixels): Pixels {
  const quarter = new Uint8Array((width / 4) * (height / 4) * channels);
  for (let at = 0; at < quarter.length; at++) {
    const pixel = Math.trunc(at / channels);
    const [x, y] = [(pixel % (width / 4)) * 4, Math.trunc(pixel / (width / 4)) * 4];
    let sum = 0;
    for (let k = 0; k < 16; k++) {
      sum += data[((y + (k >> 2)) * width + x + (k & 3)) * channels + (at % channels)] as number;
    }
    quarter[at] = Math.round(sum / 16);
  }
  return { data: quarter, width: width / 4, height: height / 4, channels };
}
