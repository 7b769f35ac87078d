import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hammingDistance } from "@utsuru/core/distance";
import type { Fingerprint } from "@utsuru/core/fingerprint";
import { orientations } from "@utsuru/core/orientations";
import { copyDistanceMax, qualityMin, spaceOf } from "@utsuru/core/score";
import { v7 as uuidv7 } from "uuid";
import {
  codeSets,
  flipped,
  type RandomBits,
  randomBits,
  randomCode,
} from "../../../../core/src/hamming/testing/code-sets.ts";
import type { Catalog, Image, Viewer } from "../../ports.ts";
import type { Candidate } from "../nearest-images.ts";
import { type Probe, wantedCodes } from "../probe.ts";
import type { SearchIndex } from "../search-index.ts";

/** A catalogue and an index over it, both empty and closed after the test. */
export interface IndexedCatalog {
  readonly catalog: Catalog;
  readonly index: SearchIndex;
}

/** What every {@link SearchIndex} promises, each checked against comparing all codes: whatever implements it passes them all. */
export function describeSearchIndex(
  name: string,
  open: (t: TestContext) => Promise<IndexedCatalog>,
  { imagesPerSet = 120, skip = false }: { readonly imagesPerSet?: number; readonly skip?: string | false } = {},
): void {
  describe(name, { skip }, () => {
    for (const set of codeSets) {
      test(`finds in the set “${set.name}” what comparing every code finds, in the same order`, async (t) => {
        const library = new KeptLibrary(await open(t));
        const people = [await library.newPerson(), await library.newPerson(), await library.newPerson()];
        const random = randomBits(5);
        for (const code of set.codes(imagesPerSet, random)) await library.keep(someImage({ code, people, random }));
        for (const code of set.queries(5, random)) {
          for (const viewer of people.slice(0, 2)) await library.check(probesNear(code, random), viewer);
        }
      });
    }
    testVisibility(open);
    testDetail(open);
    testChanges(open);
  });
}

function testVisibility(open: (t: TestContext) => Promise<IndexedCatalog>): void {
  test("shows a viewer public images and their own, also when the nearest are all someone else's", async (t) => {
    const library = new KeptLibrary(await open(t));
    const [ada, bob] = [await library.newPerson(), await library.newPerson()];
    const code = randomCode(randomBits(2));
    for (let i = 0; i < 30; i++)
      await library.keep(imageOf(bob, "private", [{ algorithm: "pdq", code, quality: 100 }]));
    const near = flipped(code, 20, randomBits(3));
    const shown = [
      imageOf(bob, "public", [{ algorithm: "pdq", code: near, quality: 100 }]),
      imageOf(ada, "private", [{ algorithm: "pdq", code: near, quality: 100 }]),
    ];
    for (const image of shown) await library.keep(image);
    const found = await library.check([probeOf("pdq", code)], ada);
    assert.deepEqual(found, shown.map(({ id }) => id).sort());
    assert.equal((await library.check([probeOf("pdq", code)], bob)).length, 31);
    assert.deepEqual(await Promise.all([ada, bob].map((viewer) => library.index.count(viewer))), [2, 31]);
    assert.equal(await library.index.countPublic(), 1);
  });
}

function testDetail(open: (t: TestContext) => Promise<IndexedCatalog>): void {
  test("finds no fingerprint of too little detail, neither as query nor as what is kept", async (t) => {
    const library = new KeptLibrary(await open(t));
    const ada = await library.newPerson();
    const code = randomCode(randomBits(4));
    const flat = imageOf(ada, "public", [{ algorithm: "pdq", code, quality: qualityMin - 1 }]);
    const rich = imageOf(ada, "public", [{ algorithm: "pdq", code, quality: qualityMin }]);
    await library.keep(flat);
    await library.keep(rich);
    assert.deepEqual(await library.check([probeOf("pdq", code)], ada), [rich.id]);
    const faint: Probe = {
      fingerprint: { algorithm: "pdq", code, quality: qualityMin - 1 },
      codes: { identity: code },
    };
    assert.deepEqual(await library.check([faint], ada), []);
    assert.deepEqual(
      await library.check([probeOf("dct256", code)], ada),
      [],
      "codes of another space are not compared",
    );
  });
}

function testChanges(open: (t: TestContext) => Promise<IndexedCatalog>): void {
  test("finds an image as soon as it was taken in, and not once it was removed", async (t) => {
    const library = new KeptLibrary(await open(t));
    const ada = await library.newPerson();
    const probe = probeOf("dct256-trimmed", randomCode(randomBits(6)));
    const image = imageOf(ada, "private", [probe.fingerprint]);
    await library.keep(image);
    assert.deepEqual(await library.check([probe], ada), [image.id]);
    await library.forget(image);
    assert.deepEqual(await library.check([probe], ada), []);
    assert.equal(await library.index.count(ada), 0);
    library.index.check();
    // The feed tells of the changes once more, some milliseconds later.
    const end = Date.now() + 10_000;
    while (library.index.lagMs() > 0) {
      assert.ok(Date.now() < end, "the index never caught up");
      await delay(5);
    }
  });
}

/** Images kept through a catalogue and its index, and what comparing all their codes says. */
export class KeptLibrary {
  readonly index: SearchIndex;
  readonly #catalog: Catalog;
  readonly #kept = new Map<string, Image>();

  constructor({ catalog, index }: IndexedCatalog) {
    this.#catalog = catalog;
    this.index = index;
  }

  async newPerson(): Promise<Viewer> {
    const id = uuidv7();
    const user = { id, email: id, emailKey: id, passwordHash: "none", createdAt: new Date() };
    const added = await this.#catalog.accounts.addUser(user);
    assert.ok(added);
    return { id: added.id, audience: added.audience };
  }

  async keep(image: Image): Promise<void> {
    const { bytes, sha256, keys } = image;
    const [original, thumbnail] = [keys.original, keys.thumbnail].map((key) => ({ key, bytes, sha256 }));
    assert.ok(original && thumbnail);
    await this.#catalog.objects.notePut({ id: image.id, imageId: image.id, keys: Object.values(keys) });
    assert.equal((await this.#catalog.images.add(image, { original, thumbnail })).kind, "created");
    this.index.add(image);
    this.#kept.set(image.id, image);
  }

  async forget({ id, owner }: Image): Promise<void> {
    assert.ok(await this.#catalog.images.remove(id, owner.id));
    this.index.remove(id);
    this.#kept.delete(id);
  }

  /** Asks the index, which must find what comparing all codes finds; returns the ids. */
  async check(probes: readonly Probe[], viewer: Viewer): Promise<string[]> {
    const found = await this.index.near(probes, viewer);
    assert.deepEqual(found, this.#expected(probes, viewer));
    return found.map(({ imageId }) => imageId);
  }

  #expected(probes: readonly Probe[], viewer: Viewer): Candidate[] {
    const visible = [...this.#kept.values()].filter(
      ({ visibility, owner }) => visibility === "public" || owner.id === viewer.id,
    );
    return visible
      .flatMap((image) => nearestOf(image, probes) ?? [])
      .sort((a, b) => a.distance - b.distance || (a.imageId < b.imageId ? -1 : 1));
  }
}

function nearestOf({ id, fingerprints }: Image, probes: readonly Probe[]): Candidate | undefined {
  const candidates = wantedCodes(probes).flatMap(({ space, wanted }) =>
    wanted.flatMap(({ code, orientation, inverted }) =>
      fingerprints
        .filter(({ algorithm, quality }) => spaceOf(algorithm) === space && quality >= qualityMin)
        .map((kept) => ({ imageId: id, distance: hammingDistance(code, kept.code), orientation, inverted }))
        .filter(({ distance }) => distance <= copyDistanceMax[space]),
    ),
  );
  return candidates.sort((a, b) => a.distance - b.distance)[0];
}

export function imageOf(owner: Viewer, visibility: Image["visibility"], fingerprints: readonly Fingerprint[]): Image {
  const id = uuidv7();
  return {
    id,
    owner,
    visibility,
    file: "a.jpg",
    format: "jpeg",
    width: 4,
    height: 3,
    bytes: 5,
    sha256: createHash("sha256").update(id).digest("hex"),
    createdAt: new Date(),
    fingerprints,
    keys: { original: `originals/${id}`, thumbnail: `thumbnails/${id}` },
  };
}

/** An image of someone, seen by all or not, with the code in some of the algorithms and codes near it in the others. */
function someImage(from: { code: Uint8Array; people: readonly Viewer[]; random: RandomBits }): Image {
  const { code, people, random } = from;
  const near = (): Uint8Array => flipped(code, random() % 12, random);
  const quality = (): number => (random() % 8 === 0 ? qualityMin - 1 : qualityMin + (random() % 51));
  const trimmed: Fingerprint[] =
    random() % 3 === 0 ? [{ algorithm: "dct256-trimmed", code: near(), quality: quality() }] : [];
  const fingerprints: Fingerprint[] = [
    { algorithm: "pdq", code, quality: quality() },
    { algorithm: "dct256", code: near(), quality: quality() },
    ...trimmed,
  ];
  const owner = people[random() % people.length];
  assert.ok(owner);
  return imageOf(owner, random() % 3 === 0 ? "private" : "public", fingerprints);
}

/** A query of all algorithms, whose turned codes differ in some bits, and one of which is a negative. */
function probesNear(code: Uint8Array, random: RandomBits): Probe[] {
  return (["pdq", "dct256", "dct256-trimmed"] as const).map((algorithm) => {
    const base = algorithm === "dct256-trimmed" ? code.map((byte) => ~byte) : code;
    const codes = orientations.map((name, i) => [name, flipped(base, i * 4, random)]);
    return { fingerprint: { algorithm, code: base, quality: 100 }, codes: Object.fromEntries(codes) };
  });
}

export function probeOf(algorithm: Fingerprint["algorithm"], code: Uint8Array): Probe {
  return { fingerprint: { algorithm, code, quality: 100 }, codes: { identity: code } };
}
