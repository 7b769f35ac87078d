import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bands, bitOrder, bitsPerBand } from "./bit-order.ts";
import type { CodeIndex, Slot } from "./code-index.ts";
import { MultiIndex, type MultiIndexOptions } from "./multi-index.ts";
import { scanIndex } from "./scan-index.ts";
import { codeIndexContract } from "./testing/code-index-contract.ts";
import { codeSets, flipped, type RandomBits, randomBits, randomCode } from "./testing/code-sets.ts";

codeIndexContract("MultiIndex", () => new MultiIndex());
codeIndexContract("MultiIndex that always walks", () => new MultiIndex({ walk: "always" }));
codeIndexContract("MultiIndex of 16 bands", () => new MultiIndex({ walk: "always", bands: 16 }));
codeIndexContract("MultiIndex of long slots", () => new MultiIndex({ walk: "always", codesMax: 20_000_000 }), {
  runs: 20,
});

/** An index and a plain scan that are told the same: slots may differ, what is found may not. */
class Twins {
  readonly index: MultiIndex;
  readonly #scan: CodeIndex = scanIndex();
  readonly #twinOf = new Map<Slot, Slot>();
  readonly #held: { readonly slot: Slot; readonly code: Uint8Array }[] = [];
  slotEnd = 0;

  constructor(options: MultiIndexOptions = {}) {
    this.index = new MultiIndex({ walk: "always", ...options });
  }

  add(code: Uint8Array, audience = 0): void {
    this.#note(this.index.add(code, audience), code, audience);
  }

  addAll(codes: readonly Uint8Array[]): void {
    const first = this.index.addAll(Buffer.concat(codes), new Uint32Array(codes.length));
    codes.forEach((code, i) => {
      this.#note(first + i, code, 0);
    });
  }

  #note(slot: Slot, code: Uint8Array, audience: number): void {
    assert.equal(this.#twinOf.has(slot), false, "a slot in use was given out again");
    this.#twinOf.set(slot, this.#scan.add(code, audience));
    this.#held.push({ slot, code });
    this.slotEnd = Math.max(this.slotEnd, slot + 1);
  }

  removeOne(random: RandomBits): void {
    const at = random() % this.#held.length;
    const { slot } = this.#held[at] as { slot: Slot };
    this.#held[at] = this.#held.at(-1) as { slot: Slot; code: Uint8Array };
    this.#held.pop();
    assert.equal(this.index.remove(slot), true);
    this.#scan.remove(this.#twinOf.get(slot) as Slot);
    this.#twinOf.delete(slot);
  }

  /** One of the codes held. */
  anyCode(random: RandomBits): Uint8Array {
    return (this.#held[random() % this.#held.length] as { code: Uint8Array }).code;
  }

  check(query: Uint8Array, radius: number): void {
    const found = this.index.within(query, radius).map(({ slot, distance }) => [distance, this.#twinOf.get(slot)]);
    const expected = this.#scan.within(query, radius).map(({ slot, distance }) => [distance, slot]);
    assert.deepEqual(found.sort(byNumbers), expected.sort(byNumbers));
  }
}

function byNumbers(a: (number | undefined)[], b: (number | undefined)[]): number {
  return (a[0] as number) - (b[0] as number) || (a[1] as number) - (b[1] as number);
}

for (const bands of [11, 16] as const)
  test(`stays exact while the directories of its ${bands} bands double under it`, () => staysExact({ bands }));

function staysExact(options: MultiIndexOptions): void {
  for (const set of codeSets) {
    const random = randomBits(23);
    const twins = new Twins(options);
    const queries = set.queries(5, random);
    set.codes(2500, random).forEach((code, i) => {
      twins.add(code);
      if (i > 500 && i % 97 === 0) for (const query of queries) twins.check(query, 10 + (i % 25));
    });
  }
}

for (const bands of [11, 16] as const)
  for (const radius of [13, 31, 45])
    test(`finds what differs by ${radius} bits spread over ${bands} bands as evenly as they can be`, () => {
      const centre = randomCode(randomBits(37));
      const index = new MultiIndex({ walk: "always", bands });
      for (const code of evenlyFar(centre, radius, bands)) index.add(code, 0);
      assert.equal(index.within(centre, radius).length, index.size);
    });

/** Codes at just that distance, one for each choice of the bands that differ by one bit more: radii of bands that add up to one too few miss some. */
function evenlyFar(centre: Uint8Array, distance: number, bands: Bands): Uint8Array[] {
  const codes: Uint8Array[] = [];
  for (let choice = 0; choice < 2 ** bands; choice++) {
    const bits = Array.from({ length: bands }, (_, band) => Math.floor(distance / bands) + ((choice >> band) & 1));
    if (bits.reduce((sum, count) => sum + count) === distance) codes.push(differing(centre, bits));
  }
  return codes;
}

/** The code with so many of the lowest bits of each band changed. */
function differing(code: Uint8Array, bitsOfBand: readonly number[]): Uint8Array {
  const bands = bitsOfBand.length as Bands;
  const order = bitOrder(bands);
  const changed = Uint8Array.from(code);
  bitsOfBand.forEach((count, band) => {
    const lowest = bitsPerBand(bands) * band;
    for (const bit of order.subarray(lowest, lowest + count))
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  });
  return changed;
}

test("keeps finding, and its slots bounded, while crowded codes come and go", () => {
  const random = randomBits(29);
  const centre = randomCode(random);
  const twins = new Twins();
  for (let i = 0; i < 1500; i++) twins.add(flipped(centre, random() % 3, random));
  for (let i = 0; i < 20_000; i++) {
    twins.removeOne(random);
    twins.add(flipped(centre, random() % 3, random));
    if (i % 1000 === 0) twins.check(flipped(centre, 2, random), i % 4);
  }
  assert.equal(twins.index.size, 1500);
  assert.ok(twins.slotEnd < 8000, `${twins.slotEnd} slots for 1,500 codes`);
});

test("takes no more memory, however many codes come and go", () => {
  const random = randomBits(41);
  const index = new MultiIndex();
  const slots = Array.from({ length: 20_000 }, () => index.add(randomCode(random), 0));
  const before = index.bytes;
  for (let round = 0; round < 100_000; round++) {
    const at = random() % slots.length;
    index.remove(slots[at] as Slot);
    slots[at] = index.add(randomCode(random), 0);
  }
  assert.equal(index.size, 20_000);
  assert.ok(index.bytes < before * 1.1, `${before} bytes, then ${index.bytes}`);
});

test("takes 90 bytes a code at most, also of codes that came one by one", () => {
  const random = randomBits(47);
  const index = new MultiIndex();
  for (let i = 0; i < 200_000; i++) index.add(randomCode(random), 0);
  assert.ok(index.bytes <= 90 * index.size, `${index.bytes / index.size} bytes a code`);
});

test("stays exact whatever order codes come in, one by one and at once, and go", () => {
  const random = randomBits(53);
  const twins = new Twins();
  for (let round = 0; round < 12; round++) {
    for (let n = random() % 2000; n > 0; n--) twins.add(randomCode(random));
    twins.addAll(Array.from({ length: random() % 3000 }, () => randomCode(random)));
    for (let n = round % 2 === 0 ? 0 : random() % twins.index.size; n > 0; n--) twins.removeOne(random);
    for (let n = 0; n < 4; n++) twins.check(flipped(twins.anyCode(random), random() % 32, random), 31);
  }
});

test("stays exact while a bucket outgrows its order and falls back to it", () => {
  const random = randomBits(43);
  const centre = randomCode(random);
  const twins = new Twins();
  const near = () => flipped(centre, random() % 4, random);
  for (let i = 0; i < 6000; i++) {
    twins.add(near());
    if (i % 500 === 499) twins.check(near(), i % 4);
  }
  for (let i = 0; i < 5500; i++) {
    twins.removeOne(random);
    if (i % 500 === 499) for (const radius of [0, 3, 12]) twins.check(near(), radius);
  }
});

for (const bands of [11, 16] as const)
  test(`a restored index of ${bands} bands answers the same before and after its buckets are in order, whatever comes and goes`, async () => {
    for (const set of codeSets) {
      const random = randomBits(47);
      const index = new MultiIndex({ bands });
      const codes = set.codes(4000, random);
      for (const code of codes) index.add(code, 0);
      const restored = await MultiIndex.restore(index.snapshot(), { walk: "always", bands });
      const queries = set.queries(5, random);
      const agree = () => {
        for (const query of queries)
          for (const radius of [2, 14, 31])
            assert.deepEqual(restored.within(query, radius), index.within(query, radius));
      };
      for (let slot = 0; slot < 4000; slot += 3) assert.equal(restored.remove(slot), index.remove(slot));
      agree();
      agree();
      for (const code of codes.slice(0, 500)) assert.equal(restored.add(code, 0), index.add(code, 0));
      for (let slot = 1; slot < 4000; slot += 3) assert.equal(restored.remove(slot), index.remove(slot));
      agree();
    }
  });

test("finds codes that came all at once, and those that came after", () => {
  for (const set of codeSets) {
    const random = randomBits(31);
    const codes = set.codes(9000, random);
    const index = new MultiIndex({ walk: "always" });
    const scan = scanIndex();
    const early = codes.slice(0, 1000);
    for (const code of early) assert.equal(index.add(code, 0), scan.add(code, 0));
    const late = codes.slice(1000);
    const bytes = new Uint8Array(late.length * 32);
    late.forEach((code, i) => {
      bytes.set(code, i * 32);
      scan.add(code, i % 3);
    });
    assert.equal(
      index.addAll(
        bytes,
        Uint32Array.from(late, (_, i) => i % 3),
      ),
      1000,
    );
    assert.equal(index.size, 9000);
    for (const query of set.queries(2, random)) {
      assert.deepEqual(index.within(query, 12, { viewer: 1 }), scan.within(query, 12, { viewer: 1 }));
    }
  }
});

test("takes in many codes at once beside others that are all equal", () => {
  const index = new MultiIndex({ walk: "always" });
  const code = randomCode(randomBits(59));
  for (const count of [70_000, 4_000]) {
    index.addAll(Buffer.concat(new Array(count).fill(code)), new Uint32Array(count));
  }
  assert.equal(index.within(code, 0).length, 74_000);
});

test("leaves little memory idle behind equal codes that come one by one", () => {
  const index = new MultiIndex();
  const code = randomCode(randomBits(61));
  for (let i = 0; i < 100_000; i++) index.add(code, 0);
  assert.ok(index.bytes < 320 * index.size, `${index.bytes / index.size} bytes a code`);
});

test("lists more equal codes than its list of results holds, and the first of them alone", () => {
  const count = 70_000;
  const index = new MultiIndex({ walk: "always" });
  index.addAll(new Uint8Array(count * 32), new Uint32Array(count));
  const found = index.within(new Uint8Array(32), 0);
  assert.equal(found.length, count);
  assert.ok(found.every(({ slot, distance }, i) => slot === i && distance === 0));
  const nearest = index.nearest(new Uint8Array(32), 3);
  assert.deepEqual(
    nearest.map(({ slot }) => slot),
    [0, 1, 2],
  );
});

test("refuses more codes than one memory can hold", () => {
  assert.throws(() => new MultiIndex({ codesMax: 60_000_000 }), /one index holds 4\d{7} codes, not 60000000/);
});

test("refuses more than 32 queries at once", () => {
  assert.throws(() => new MultiIndex().withinAny(Array(33).fill(new Uint8Array(32)), 31), /at most 32 queries, got 33/);
});
