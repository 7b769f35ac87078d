import assert from "node:assert/strict";
import { before, test } from "node:test";
import { extractFeatures } from "../features/extract-features.ts";
import { descriptorWords, type LocalFeatures } from "../features/local-features.ts";
import { packFeatures } from "../features/pack.ts";
import { drawScene, invertPixels, mirrorPixels, photograph, type Scene } from "../features/testing/scenes.ts";
import type { Pixels } from "../fingerprint/pixels.ts";
import { FeatureIndex } from "./feature-index.ts";
import { comparePictures, findPartialCopies, type GeometricMatch } from "./find-partial-copies.ts";
import type { Transform } from "./transform.ts";
import { describeEdit } from "./words.ts";

const size = { width: 512, height: 384 };
const stored = 16;
const wanted = 7;
const index = new FeatureIndex();

before(() => {
  for (let seed = 0; seed < stored; seed++) index.add(featuresOf(photograph(drawScene(100 + seed), size)), 0);
});

const whole: Transform = [1, 0, 0, 0, 1, 0];
const turnedBy8: Transform = [0.9903, 0.1392, -20, -0.1392, 0.9903, 35];

test("finds a crop, and says which part", () => {
  const match = findOne(pictureAt([0.5, 0, 100, 0, 0.5, 80]));
  near(match.targetOverlapPercent, 25, 2);
  near(match.queryOverlapPercent, 100, 2);
  assert.match(wordsOf(match), /^cropped to 2[456] %$/);
});

test("finds a turned picture, and says by how much", () => {
  assert.match(wordsOf(findOne(pictureAt(turnedBy8))), /^turned [78]°, cropped to \d\d %, with corners filled/);
});

test("finds a quarter turn", () => {
  const match = findOne(photograph(drawScene(100 + wanted), { width: 384, height: 512, at: [0, 1, 0, -1, 0, 384] }));
  assert.match(wordsOf(match), /^turned 90°$/);
});

test("finds a mirrored picture, a negative, and both at once", () => {
  const picture = pictureAt(whole);
  assert.equal(wordsOf(findOne(mirrorPixels(picture))), "mirrored");
  assert.equal(wordsOf(findOne(invertPixels(picture))), "negative");
  assert.equal(wordsOf(findOne(invertPixels(mirrorPixels(picture)))), "mirrored, negative");
});

test("maps the corners of a mirrored crop to where they were cut out", () => {
  const { transform } = findOne(mirrorPixels(pictureAt([0.6, 0, 90, 0, 0.6, 60])));
  const [a, b, c, d, e, f] = transform;
  near(c, 90 + 0.6 * 512, 4);
  near(f, 60, 4);
  near(a, -0.6, 0.02);
  near(e, 0.6, 0.02);
  near(Math.abs(b) + Math.abs(d), 0, 0.03);
});

test("finds a picture that is part of another", () => {
  const own = drawScene(100 + wanted);
  const other = drawScene(9000);
  const collage = photograph(
    (x, y) => (x > 60 && x < 316 && y > 90 && y < 282 ? own(2 * (x - 60), 2 * (y - 90)) : other(x, y)),
    size,
  );
  const match = findOne(collage);
  near(match.queryOverlapPercent, 25, 2);
  assert.match(wordsOf(match), /^set into a larger picture, filling 2[456] % of it$/);
});

test("tells two windows of one program apart, and finds one of them again under a sticker", () => {
  const a = extractFeatures(photograph(programWindow(1), size));
  assert.ok(comparePictures(a, a));
  assert.equal(
    comparePictures(extractFeatures(photograph(programWindow(2), size), { purpose: "query" }), a),
    undefined,
  );
  const shown = programWindow(1);
  const stuck = photograph((x, y) => ((x - 256) ** 2 + (y - 192) ** 2 < 50 ** 2 ? 200 : shown(x, y)), size);
  assert.ok(comparePictures(extractFeatures(stuck, { purpose: "query" }), a));
});

test("tells one dial at two times apart, and finds it again cropped and brighter", () => {
  const early = featuresOf(photograph(dial(20, 140), size));
  const asked = (pixels: Pixels): LocalFeatures => extractFeatures(pixels, { purpose: "query" });
  assert.equal(comparePictures(asked(photograph(dial(250, 320), size)), early), undefined);
  const shown = dial(20, 140);
  const brighter = photograph((x, y) => 30 + 0.85 * shown(x, y), { ...size, at: [0.8, 0, 50, 0, 0.8, 40] });
  assert.ok(comparePictures(asked(brighter), early));
});

test("finds a crop that was turned afterwards, its corners filled", () => {
  const target = featuresOf(photograph(drawScene(21), size));
  for (const [turn, fill] of [
    [7, 255],
    [-15, 0],
  ] as const) {
    const turned = turnedCrop(drawScene(21), turn, fill);
    assert.ok(comparePictures(extractFeatures(turned, { purpose: "query" }), target), `${turn} degrees`);
  }
});

test("finds a crop on the page of a screenshot, between captions", () => {
  const [own, letters] = [drawScene(21), drawScene(3)];
  const screenshot: Scene = (x, y) => {
    if (y > 90 && y < 270 && x > 20 && x < 260) return own(60 + 1.5 * (x - 20), 50 + 1.5 * (y - 90));
    const isText = (y > 40 && y < 54) || (y > 300 && y < 314);
    return isText && x > 30 && x < 180 ? letters(3 * x, 3 * y) : 255;
  };
  const query = extractFeatures(photograph(screenshot, { width: 280, height: 512 }), { purpose: "query" });
  assert.ok(comparePictures(query, featuresOf(photograph(own, size))));
});

test("finds nothing in stripes for other stripes", () => {
  const stripes = (step: number, turn: number): Pixels =>
    photograph((x, y) => (Math.sin((x * Math.cos(turn) + y * Math.sin(turn)) / step) > 0 ? 220 : 40), size);
  assert.equal(
    comparePictures(extractFeatures(stripes(4, 0.3), { purpose: "query" }), featuresOf(stripes(5, 1.1))),
    undefined,
  );
});

test("finds nothing in crossed stripes for others that nearly coincide with them", () => {
  const stripes = (step: number, turn: number): Scene => {
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    return (x, y) => (Math.sin(((x - 256) * cos + (y - 192) * sin) / step) > 0 ? 1 : 0);
  };
  const crossed = (step: number, [dark, middle]: readonly [number, number]): LocalFeatures => {
    const [one, other] = [stripes(step, 0.3), stripes(1.3 * step, 1.2)];
    const picture = photograph((x, y) => 255 - dark * one(x, y) - middle * other(x, y), size);
    return extractFeatures(picture, { purpose: "query" });
  };
  assert.equal(comparePictures(crossed(4, [120, 60]), crossed(4.02, [150, 100])), undefined);
});

test("finds a stored picture's mirror image by what is stored, without its pixels", () => {
  const own = index.featuresOf(wanted);
  assert.ok(own);
  const mirrored = extractFeatures(mirrorPixels(pictureAt(whole)));
  const slot = index.add(mirrored, 0);
  const found = findPartialCopies(index, own).map((match) => [match.slot, match.variant]);
  assert.deepEqual(found, [
    [wanted, "plain"],
    [slot, "mirrored"],
  ]);
  assert.ok(index.remove(slot));
});

test("finds nothing for pictures that are not stored, among them flat, noisy and periodic ones", () => {
  for (let seed = 0; seed < 6; seed++) assert.deepEqual(search(photograph(drawScene(7000 + seed), size)), []);
  assert.deepEqual(search(photograph(() => 128, size)), []);
  assert.deepEqual(search(photograph((x, y) => 128 + 90 * Math.sign(Math.sin(x / 5) * Math.sin(y / 5)), size)), []);
});

test("takes packed features as it takes features, and refuses other bytes", () => {
  const one = featuresOf(photograph(drawScene(444), size));
  const [plain, packed] = [new FeatureIndex(), new FeatureIndex()];
  assert.equal(packed.addPacked(packFeatures(one), 0), plain.add(one, 0));
  assert.deepEqual(packed.candidates(one), plain.candidates(one));
  assert.equal(packed.addPacked(packFeatures(one).subarray(1), 0), undefined);
  assert.equal(packed.size, 1);
});

test("forgets what was removed, and uses its slot again", () => {
  const slot = index.add(featuresOf(photograph(drawScene(555), size)), 0);
  assert.ok(index.remove(slot));
  assert.equal(index.remove(slot), false);
  assert.deepEqual(search(photograph(drawScene(555), size)), []);
  assert.equal(index.add(featuresOf(photograph(drawScene(556), size)), 0), slot);
  assert.deepEqual(search(photograph(drawScene(555), size)), []);
  assert.equal(search(photograph(drawScene(556), size))[0]?.slot, slot);
  index.remove(slot);
});

test("shows a private picture to its viewer alone", () => {
  const picture = photograph(drawScene(777), size);
  const slot = index.add(featuresOf(picture), 42);
  const query = extractFeatures(picture, { purpose: "query" });
  assert.deepEqual(findPartialCopies(index, query), []);
  assert.deepEqual(findPartialCopies(index, query, { viewer: 7 }), []);
  assert.equal(findPartialCopies(index, query, { viewer: 42 })[0]?.slot, slot);
  index.remove(slot);
});

test("two pictures compare as they are found", () => {
  const a = extractFeatures(pictureAt([0.7, 0, 50, 0, 0.7, 40]), { purpose: "query" });
  const b = featuresOf(pictureAt(whole));
  assert.ok((comparePictures(a, b)?.score ?? 0) >= 75);
  assert.equal(comparePictures(a, featuresOf(photograph(drawScene(4), size))), undefined);
});

test("uploads of one template neither slow a search nor hide another's copies nor flood its answer", () => {
  const flooded = new FeatureIndex();
  const template = featuresOf(photograph(drawScene(31), size));
  const query = extractFeatures(pictureAt(turnedBy8), { purpose: "query" });
  for (let i = 0; i < uploads; i++) flooded.add(captioned(template, i), 0);
  const slot = flooded.add(featuresOf(pictureAt(whole)), 0);
  const [first, templateFirst] = [query, template].map((one) => hitsOf(flooded, one));
  for (let i = 0; i < uploads; i++) flooded.add(captioned(template, i), 0);

  // what twice as many uploads add are the hits of their captions, of which each is somewhere else
  for (const [one, before] of [
    [query, first],
    [template, templateFirst],
  ] as const)
    assert.ok(hitsOf(flooded, one) < 1.05 * (before ?? 0), `${hitsOf(flooded, one)} after ${before}`);
  assert.deepEqual(slotsOf(findPartialCopies(flooded, query)), [slot]);
  assert.deepEqual(slotsOf(findPartialCopies(flooded, halves(drawScene(31), drawScene(100 + wanted)))).slice(0, 1), [
    slot,
  ]);
  assert.equal(findPartialCopies(flooded, template, { candidatesMax: 20 }).length, 20);
});

test("answers the same however often it is asked", () => {
  const query = extractFeatures(pictureAt(turnedBy8), { purpose: "query" });
  assert.deepEqual(findPartialCopies(index, query), findPartialCopies(index, query));
});

/** A dial with figures of many shapes around it and two hands, turned by so many degrees. */
function dial(hour: number, minute: number): Scene {
  const face = drawScene(77);
  return (x, y) => {
    const [dx, dy] = [x - 256, y - 192];
    const away = Math.hypot(dx, dy);
    if (away > 120) return face(x, y);
    const isHand = [
      { turn: hour, length: 60 },
      { turn: minute, length: 105 },
    ].some(({ turn, length }) => {
      const [sin, cos] = [Math.sin((turn * Math.PI) / 180), Math.cos((turn * Math.PI) / 180)];
      const along = dx * sin - dy * cos;
      return along > -10 && along < length && Math.abs(dx * cos + dy * sin) < 4;
    });
    return isHand ? 20 : 235;
  };
}

/** The middle of a scene, 320 × 240, turned by so many degrees in a picture that holds all of it. */
function turnedCrop(scene: Scene, degrees: number, fill: number): Pixels {
  const [width, height] = [320, 240];
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const across = Math.ceil(width * Math.abs(cos) + height * Math.abs(sin));
  const down = Math.ceil(width * Math.abs(sin) + height * Math.abs(cos));
  const shown: Scene = (x, y) => {
    const [dx, dy] = [x - across / 2, y - down / 2];
    const [u, v] = [dx * cos + dy * sin, dy * cos - dx * sin];
    if (Math.abs(u) > width / 2 || Math.abs(v) > height / 2) return fill;
    return scene(size.width / 2 + u, size.height / 2 + v);
  };
  return photograph(shown, { width: across, height: down });
}

/** As many as fill a key's list, of which 1,024 are read. */
const uploads = 1200;

/** A template under a caption of its own: every eighth keypoint looks like nothing else. */
function captioned(template: LocalFeatures, number: number): LocalFeatures {
  const descriptors = template.descriptors.map((word, i) =>
    Math.floor(i / descriptorWords) % 8 === number % 8 ? Math.imul(word ^ number, 2654435761) ^ (i * 40503) : word,
  );
  return { ...template, descriptors };
}

/** The left half of one scene beside the left half of another. */
function halves(left: Scene, right: Scene): LocalFeatures {
  return extractFeatures(
    photograph((x, y) => (x < 256 ? left(x, y) : right(x - 256, y)), size),
    { purpose: "query" },
  );
}

function hitsOf(searched: FeatureIndex, query: LocalFeatures): number {
  const before = searched.hits;
  searched.candidates(query);
  return searched.hits - before;
}

function slotsOf(matches: readonly GeometricMatch[]): number[] {
  return matches.map(({ slot }) => slot);
}

/** The same frame for every content, which fills 12 tiles. */
function programWindow(content: number): Scene {
  const frame = drawScene(60);
  const shown = drawScene(800 + content);
  return (x, y) => (x % 128 > 20 && y % 128 > 24 ? shown(x, y) : frame(x, y));
}

function featuresOf(pixels: Pixels): ReturnType<typeof extractFeatures> {
  return extractFeatures(pixels);
}

function pictureAt(at: Transform): Pixels {
  return photograph(drawScene(100 + wanted), { ...size, at });
}

function search(pixels: Pixels): GeometricMatch[] {
  return findPartialCopies(index, extractFeatures(pixels, { purpose: "query" }));
}

/** The only match of a picture, which must be the wanted one. */
function findOne(pixels: Pixels): GeometricMatch {
  const matches = search(pixels);
  assert.deepEqual(
    matches.map(({ slot }) => slot),
    [wanted],
  );
  return matches[0] as GeometricMatch;
}

function wordsOf({ transform, variant }: GeometricMatch): string {
  const turned = Math.abs(transform[0]) < 0.5 && Math.abs(transform[1]) > 0.5;
  return describeEdit({ transform, variant, query: turned ? { width: 384, height: 512 } : size, target: size });
}

function near(actual: number, expected: number, within: number): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not within ${within} of ${expected}`);
}
