import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CodeIndex } from "./code-index.ts";
import { hammingDistance } from "./distance.ts";
import { type Group, type Groupable, groupCodes } from "./groups.ts";
import { MultiIndex } from "./multi-index.ts";
import { scanIndex } from "./scan-index.ts";
import { flipped, randomBits, randomCode } from "./testing/code-sets.ts";

const random = randomBits(43);

function indexed(
  codes: readonly Uint8Array[],
  index: CodeIndex = scanIndex(),
): { index: CodeIndex; items: Groupable[] } {
  return { index, items: codes.map((code) => ({ slot: index.add(code, 0), codes: [code] })) };
}

function slotsOf(groups: Iterable<Group>): number[][] {
  return [...groups].map(({ head, members }) => [head, ...members.map(({ slot }) => slot)]);
}

/** Codes on a line, each so many bits from the one before. */
function chain(length: number, step: number): Uint8Array[] {
  return Array.from({ length }, (_, i) => {
    const code = new Uint8Array(32);
    for (let bit = 0; bit < i * step; bit++) code[bit >> 3] = (code[bit >> 3] as number) | (1 << (bit & 7));
    return code;
  });
}

test("a chain of likenesses is not glued into one group", () => {
  const { index, items } = indexed(chain(4, 20));
  assert.deepEqual(slotsOf(groupCodes(index, items)), [
    [0, 1],
    [2, 3],
  ]);
});

test("what is given first heads its group, members come nearest first", () => {
  const { index, items } = indexed(chain(3, 10));
  assert.deepEqual(slotsOf(groupCodes(index, items.toReversed())), [[2, 1, 0]]);
});

test("only those among whom one looks, and whom the viewer may see, become members", () => {
  const code = randomCode(random);
  const { index, items } = indexed([code, code, code]);
  index.add(code, 9);
  assert.deepEqual(slotsOf(groupCodes(index, items, { among: (slot) => slot !== 1 })), [[0, 2]]);
  assert.deepEqual(slotsOf(groupCodes(index, items, { viewer: 9 })), [[0, 1, 2, 3]]);
});

test("a copy that matches another orientation of the head joins it, and says which", () => {
  const code = randomCode(random);
  const mirrored = randomCode(random);
  const { index, items } = indexed([code, mirrored]);
  const [first, second] = items as [Groupable, Groupable];
  const [group] = groupCodes(index, [{ slot: first.slot, codes: [code, mirrored] }, second]);
  assert.deepEqual(group, { head: 0, members: [{ slot: 1, distance: 0, query: 1 }] });
});

test("groups are disjoint, every member matches its head, and no two that are left match", () => {
  const centres = Array.from({ length: 4 }, () => randomCode(random));
  const someCodes = fc.array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 60 });
  fc.assert(
    fc.property(someCodes, (picks) => {
      const codes = picks.map(([centre, bits]) => flipped(centres[centre] as Uint8Array, bits, random));
      const { index, items } = indexed(codes, new MultiIndex({ walk: "always" }));
      const groups = slotsOf(groupCodes(index, items));
      const apart = (a: number, b: number) => hammingDistance(codes[a] as Uint8Array, codes[b] as Uint8Array);
      assert.equal(new Set(groups.flat()).size, groups.flat().length);
      for (const [head = 0, ...members] of groups) for (const member of members) assert.ok(apart(head, member) <= 31);
      const left = items.map(({ slot }) => slot).filter((slot) => !groups.flat().includes(slot));
      for (const a of left) for (const b of left) assert.ok(a === b || apart(a, b) > 31);
    }),
    { numRuns: 60, seed: 47 },
  );
});
