import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { CodeIndex, QueryNeighbour, Slot } from "../code-index.ts";
import { hammingDistance } from "../distance.ts";
import { codeSets, flipped, randomBits, randomCode } from "./code-sets.ts";

/** What makes the index under test, and how large the sets of the contract are to be. */
export interface ContractOptions {
  readonly codesPerSet?: number;
  readonly runs?: number;
}

interface Held {
  readonly code: Uint8Array;
  readonly audience: number;
}

/** The promises of a `CodeIndex`, each checked against comparing every code: whatever implements it passes them all. */
export function codeIndexContract(
  name: string,
  make: () => CodeIndex,
  { codesPerSet = 600, runs = 60 }: ContractOptions = {},
): void {
  describe(name, () => {
    for (const set of codeSets) {
      test(`finds in the set “${set.name}” what comparing every code finds`, () => {
        const random = randomBits(7);
        const filled = fill(make(), set.codes(codesPerSet, random), () => 0);
        for (const query of set.queries(8, random))
          checkEveryQuestion(filled, query, [0, 1, 2, 12, 13, 31, 32, 40, 90, 256]);
      });
    }
    testAudiences(make);
    testLimits(make);
    testManyQueries(make, codesPerSet);
    testSlots(make);
    testRefusals(make);
    testInterleavings(make, runs);
  });
}

interface Filled {
  readonly index: CodeIndex;
  readonly held: Map<Slot, Held>;
}

function fill(index: CodeIndex, codes: readonly Uint8Array[], audienceOf: (position: number) => number): Filled {
  const held = new Map<Slot, Held>();
  codes.forEach((code, position) => {
    const audience = audienceOf(position);
    held.set(index.add(code, audience), { code, audience });
  });
  return { index, held };
}

function checkEveryQuestion({ index, held }: Filled, query: Uint8Array, radii: readonly number[]): void {
  for (const radius of radii) assert.deepEqual(index.within(query, radius), plain(expected(held, [query], { radius })));
  for (const count of [1, 5, held.size + 1]) {
    assert.deepEqual(index.nearest(query, count), plain(expected(held, [query], { radius: 256, limit: count })));
  }
}

function testAudiences(make: () => CodeIndex): void {
  test("shows a viewer what everyone may see and what is theirs, also when the nearest are all someone else's", () => {
    const random = randomBits(11);
    const centre = randomCode(random);
    const codes = Array.from({ length: 300 }, (_, i) => flipped(centre, i % 40, random));
    const { index, held } = fill(make(), codes, (position) => (position % 40 < 20 ? 4_294_967_295 : position % 3));
    for (const viewer of [0, 1, 2, 3, 4_294_967_295]) {
      for (const radius of [0, 10, 31, 256]) {
        assert.deepEqual(index.within(centre, radius, { viewer }), plain(expected(held, [centre], { radius, viewer })));
      }
      assert.deepEqual(
        index.nearest(centre, 7, { viewer }),
        plain(expected(held, [centre], { radius: 256, limit: 7, viewer })),
      );
    }
  });
}

function testLimits(make: () => CodeIndex): void {
  test("cuts an answer to the nearest, ties by slot", () => {
    const random = randomBits(13);
    const centre = randomCode(random);
    const { index, held } = fill(
      make(),
      Array.from({ length: 200 }, (_, i) => flipped(centre, i % 4, random)),
      () => 0,
    );
    for (const limit of [0, 1, 49, 50, 51, 200, 201]) {
      assert.deepEqual(index.within(centre, 31, { limit }), plain(expected(held, [centre], { radius: 31, limit })));
    }
  });
}

function testManyQueries(make: () => CodeIndex, codesPerSet: number): void {
  test("answers eight queries at once with each code's nearest query", () => {
    const random = randomBits(17);
    for (const set of codeSets) {
      const filled = fill(make(), set.codes(codesPerSet, random), (position) => position % 2);
      const queries = set.queries(8, random);
      for (const radius of [0, 12, 31, 40, 130]) {
        for (const limit of [3, Number.POSITIVE_INFINITY]) {
          const asked = { radius, limit, viewer: 1 };
          assert.deepEqual(
            filled.index.withinAny(queries, radius, asked),
            expected(filled.held, queries, asked),
            set.name,
          );
        }
      }
    }
  });
}

function testSlots(make: () => CodeIndex): void {
  test("counts what it holds, forgets what is removed and reuses its slot", () => {
    const random = randomBits(19);
    const { index, held } = fill(
      make(),
      Array.from({ length: 100 }, () => randomCode(random)),
      () => 0,
    );
    assert.deepEqual(
      [...held.keys()],
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert.equal(index.size, 100);
    assert.equal(index.remove(42), true);
    assert.equal(index.remove(42), false);
    assert.equal(index.remove(100), false);
    assert.equal(index.remove(-1), false);
    assert.equal(index.size, 99);
    assert.deepEqual(index.within((held.get(42) as Held).code, 0), []);
    const code = randomCode(random);
    assert.equal(index.add(code, 0), 42);
    assert.deepEqual(index.within(code, 0), [{ slot: 42, distance: 0 }]);
  });

  test("holds nothing at first and finds nothing then", () => {
    assert.equal(make().size, 0);
    assert.deepEqual(make().within(new Uint8Array(32), 256), []);
    assert.deepEqual(make().nearest(new Uint8Array(32), 3), []);
  });
}

function testRefusals(make: () => CodeIndex): void {
  test("refuses a code that is not 32 bytes long", () => {
    assert.throws(() => make().add(new Uint8Array(31), 0), RangeError);
    assert.throws(() => make().within(new Uint8Array(33), 31), RangeError);
  });
}

type Step =
  | { readonly kind: "add"; readonly code: Uint8Array; readonly audience: number }
  | { readonly kind: "remove"; readonly pick: number }
  | { readonly kind: "within"; readonly code: Uint8Array; readonly radius: number; readonly viewer: number }
  | { readonly kind: "nearest"; readonly code: Uint8Array; readonly count: number; readonly viewer: number };

/** Codes near one of four centres, so that arbitrary steps meet, tie and collide. */
const someCode = fc
  .tuple(fc.nat(3), fc.array(fc.nat(255), { maxLength: 24 }))
  .map(([centre, bits]) => bits.reduce(toggled, randomCode(randomBits(centre))));

const someStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), code: someCode, audience: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("within" as const),
      code: someCode,
      radius: fc.nat(48),
      viewer: fc.nat(2),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("nearest" as const),
      code: someCode,
      count: fc.nat(9),
      viewer: fc.nat(2),
    }),
  },
);

function testInterleavings(make: () => CodeIndex, runs: number): void {
  test("answers right after every interleaving of adding and removing", () => {
    const interleaving = fc.array(someStep, { minLength: 1, maxLength: 400, size: "max" });
    fc.assert(
      fc.property(interleaving, (steps) => {
        const filled = fill(make(), [], () => 0);
        for (const step of steps) take(step, filled);
        assert.equal(filled.index.size, filled.held.size);
        for (const { code } of filled.held.values()) checkEveryQuestion(filled, code, [31]);
      }),
      { numRuns: runs, seed: 2012 },
    );
  });
}

function take(step: Step, { index, held }: Filled): void {
  switch (step.kind) {
    case "add": {
      const slot = index.add(step.code, step.audience);
      assert.equal(held.has(slot), false, "a slot in use was given out again");
      held.set(slot, { code: step.code, audience: step.audience });
      return;
    }
    case "remove": {
      const slot = [...held.keys()][step.pick % Math.max(1, held.size)] ?? 0;
      assert.equal(index.remove(slot), held.delete(slot));
      return;
    }
    case "within":
      assert.deepEqual(
        index.within(step.code, step.radius, { viewer: step.viewer }),
        plain(expected(held, [step.code], step)),
      );
      return;
    case "nearest":
      assert.deepEqual(
        index.nearest(step.code, step.count, { viewer: step.viewer }),
        plain(expected(held, [step.code], { radius: 256, limit: step.count, viewer: step.viewer })),
      );
      return;
    default:
      step satisfies never;
  }
}

interface Asked {
  readonly radius: number;
  readonly viewer?: number;
  readonly limit?: number;
}

/** The answer by definition: every query against every code. */
function expected(held: Map<Slot, Held>, queries: readonly Uint8Array[], asked: Asked): QueryNeighbour[] {
  const { radius, viewer = 0, limit = Number.POSITIVE_INFINITY } = asked;
  const found: QueryNeighbour[] = [];
  for (const [slot, { code, audience }] of held) {
    if (audience !== 0 && audience !== viewer) continue;
    const distances = queries.map((query) => hammingDistance(query, code));
    const distance = Math.min(...distances);
    if (distance <= radius) found.push({ slot, distance, query: distances.indexOf(distance) });
  }
  found.sort((a, b) => a.distance - b.distance || a.slot - b.slot);
  return found.slice(0, limit);
}

function plain(found: readonly QueryNeighbour[]): { slot: Slot; distance: number }[] {
  return found.map(({ slot, distance }) => ({ slot, distance }));
}

function toggled(code: Uint8Array, bit: number): Uint8Array {
  const changed = Uint8Array.from(code);
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
  return changed;
}
