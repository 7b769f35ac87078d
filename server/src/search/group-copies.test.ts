import assert from "node:assert/strict";
import { test } from "node:test";
import { orientations } from "@utsuru/core/orientations";
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
