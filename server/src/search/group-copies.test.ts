import assert from "node:assert/strict";
import { test } from "node:test";
import { hammingDistance } from "@utsuru/core/distance";
import { orientations } from "@utsuru/core/orientations";
import fc from "fast-check";
import { type Groupable, groupCopies, packProbe } from "./group-copies.ts";

/** A picture whose code has the first bits set. */
function picture(name: string, bits: number, rules: { sha256?: string; quality?: number } = {}) {
  const code = new Uint8Array(32);
  for (let bit = 0; bit < bits; bit++) code[bit >> 3] = (code[bit >> 3] as number) | (1 << (bit & 7));
  const fingerprint = { algorithm: "pdq", code, quality: rules.quality ?? 100 } as const;
  const codes = Object.fromEntries(orientations.map((orientation) => [orientation, code]));
  const groupable: Groupable = { sha256: rules.sha256 ?? name, probes: [packProbe({ fingerprint, codes })] };
  return { name, ...groupable };
}

function namesOf(pictures: Parameters<typeof groupCopies<ReturnType<typeof picture>>>[0]): string[][] {
  return groupCopies(pictures).map(({ head, members }) => [head.name, ...members.map((one) => one.picture.name)]);
}

test("a chain is cut where it leaves the head: what is no copy of it heads a group of its own", () => {
  const chain = [0, 31, 62, 93, 200].map((bits) => picture(`at ${bits}`, bits));
  assert.deepEqual(namesOf(chain), [
    ["at 0", "at 31"],
    ["at 62", "at 93"],
  ]);
});

test("a picture joins the first head that it matches, not the nearest", () => {
  const pictures = [picture("first", 0), picture("second", 40), picture("near both", 30)];
  assert.deepEqual(namesOf(pictures), [["first", "near both"]]);
});

test("pictures of too little detail are grouped by their bytes alone", () => {
  const pictures = [
    picture("a", 0, { quality: 49, sha256: "x" }),
    picture("b", 0, { quality: 49, sha256: "y" }),
    picture("c", 0, { quality: 49, sha256: "x" }),
  ];
  const groups = groupCopies(pictures);
  assert.deepEqual(namesOf(pictures), [["a", "c"]]);
  assert.equal(groups[0]?.members[0]?.evidence.verdict, "exact");
});

/** What was found: by number, the members of each head and at what distance. */
type Found = readonly { readonly head: number; readonly members: readonly (readonly [number, number])[] }[];

/** The groups by definition: each picture beside the first head with a code within 31 bits of any of its own, turned or negative. */
function groupsByDefinition(pictures: readonly Groupable[]): Found {
  const groups: { head: number; members: [number, number][] }[] = [];
  for (const [number, picture] of pictures.entries()) {
    const near = groups.flatMap((group) => {
      const distance = distanceOf(picture, pictures[group.head] as Groupable);
      return distance <= 31 ? [{ group, distance }] : [];
    });
    const first = near[0];
    if (first) first.group.members.push([number, first.distance]);
    else groups.push({ head: number, members: [] });
  }
  return groups.filter(({ members }) => members.length > 0);
}

function distanceOf(picture: Groupable, head: Groupable): number {
  const distances = picture.probes.flatMap(({ algorithm, codes }) =>
    head.probes.flatMap((other) => {
      if (algorithm !== other.algorithm) return [];
      const upright = other.codes.subarray(0, 32);
      return orientations.flatMap((_, i) => {
        const distance = hammingDistance(codes.subarray(32 * i, 32 * i + 32), upright);
        return algorithm === "pdq" ? [distance] : [distance, 256 - distance];
      });
    }),
  );
  return Math.min(...distances);
}

/** A picture of one of four scenes with some bits changed, turned so often, or as a negative. */
interface Drawn {
  readonly scene: number;
  readonly changed: readonly number[];
  readonly turns: number;
  readonly isNegative: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  scene: fc.nat(3),
  changed: fc.array(fc.nat(255), { maxLength: 40 }),
  turns: fc.nat(7),
  isNegative: fc.boolean(),
});

/** Turning once moves every byte by four; so eight turns are none. */
function groupableOf({ scene, changed, turns, isNegative }: Drawn, number: number): Groupable {
  const code = Uint8Array.from({ length: 32 }, (_, i) => (scene * 89 + i * i * 7 + 31 * i) & 255);
  for (const bit of changed) code[bit >> 3] = (code[bit >> 3] as number) ^ (1 << (bit & 7));
  const codes = new Uint8Array(orientations.length * 32);
  for (let at = 0; at < codes.length; at++) {
    const byte = code[((at & 31) + 4 * ((at >> 5) + turns)) % 32] as number;
    codes[at] = isNegative ? ~byte : byte;
  }
  return {
    sha256: `${number}`,
    probes: (["pdq", "dct256"] as const).map((algorithm) => ({ algorithm, quality: 100, codes })),
  };
}

test("groups are those of the definition, turned copies and negatives among them", () => {
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 40 }), (drawings) => {
      const pictures = drawings.map(groupableOf);
      const numberOf = (picture: Groupable): number => pictures.indexOf(picture);
      const found: Found = groupCopies(pictures).map(({ head, members }) => ({
        head: numberOf(head),
        members: members.map(({ picture, evidence }) => [numberOf(picture), evidence.distance] as const),
      }));
      assert.deepEqual(found, groupsByDefinition(pictures));
    }),
    { numRuns: 200, seed: 53 },
  );
});
