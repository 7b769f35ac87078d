import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MultiIndex } from "./multi-index.ts";
import { SnapshotError, type SnapshotFault, type SnapshotSource } from "./snapshot.ts";
import { flipped, randomBits, randomCode } from "./testing/code-sets.ts";

const random = randomBits(37);
const centre = randomCode(random);

function indexOf(count: number): MultiIndex {
  const index = new MultiIndex();
  for (let i = 0; i < count; i++) index.add(flipped(centre, i % 60, random), i % 3);
  for (let slot = 0; slot < count; slot += 7) index.remove(slot);
  return index;
}

function bytesOf(index: MultiIndex): Uint8Array {
  return new Uint8Array(Buffer.concat([...index.snapshot()]));
}

function* cut(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** Everything there is to find from the centre, for each viewer. */
function contents(index: MultiIndex): unknown {
  return [0, 1, 2].map((viewer) => index.within(centre, 256, { viewer }));
}

test("an index comes back from its snapshot as it was, from pieces of any length, slots to reuse included", async () => {
  for (const count of [0, 1, 511, 512, 4097, 9000]) {
    const index = indexOf(count);
    const bytes = bytesOf(index);
    for (const length of [1000, 65_536, bytes.length]) {
      const restored = await MultiIndex.restore(cut(bytes, length));
      assert.equal(restored.size, index.size);
      assert.deepEqual(contents(restored), contents(index));
      const code = randomCode(random);
      const slot = restored.add(code, 0);
      assert.ok(count === 0 || slot % 7 === 0, "a free slot is used first");
      assert.deepEqual(restored.within(code, 0), [{ slot, distance: 0 }]);
      assert.equal(restored.remove(slot), true);
    }
  }
});

test("a snapshot restores into an index made for more codes", async () => {
  const index = indexOf(1000);
  const restored = await MultiIndex.restore([bytesOf(index)], { codesMax: 20_000_000 });
  assert.deepEqual(contents(restored), contents(index));
});

test("a snapshot holds the codes of one moment, whatever changes while it is written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 60 }), async (changes) => {
      const index = indexOf(10_000);
      const expected = contents(index);
      const pieces: Uint8Array[] = [];
      for (const piece of index.snapshot()) {
        pieces.push(piece);
        for (const change of changes) if (!index.remove(change)) index.add(centre, 0);
        index.addAll(centre, new Uint32Array(1));
      }
      assert.deepEqual(contents(await MultiIndex.restore(pieces)), expected);
    }),
    { numRuns: 5, seed: 41 },
  );
});

test("a snapshot given up half way no longer costs copies and leaves the index as it is", () => {
  const index = indexOf(6000);
  const before = contents(index);
  for (const piece of index.snapshot()) if (piece.length > 100) break;
  assert.deepEqual(contents(index), before);
});

async function faultOf(source: SnapshotSource): Promise<SnapshotFault> {
  try {
    await MultiIndex.restore(source);
  } catch (error) {
    assert.ok(error instanceof SnapshotError, String(error));
    return error.fault;
  }
  throw new assert.AssertionError({ message: "a bad snapshot was restored" });
}

test("tells what is wrong with bytes that are no whole snapshot", async () => {
  const bytes = bytesOf(indexOf(5000));
  assert.equal(await faultOf([]), "cut-short");
  assert.equal(await faultOf([new TextEncoder().encode("PK and then something of another program")]), "foreign");
  assert.equal(await faultOf([bytes.subarray(0, 100_000)]), "cut-short");
  assert.equal(await faultOf([bytes.subarray(0, bytes.length - 1)]), "cut-short");
  assert.equal(await faultOf([bytes, new Uint8Array(1)]), "damaged");
  const newer = Uint8Array.from(bytes);
  newer[8] = 2;
  assert.equal(await faultOf([newer]), "version");
});

test("refuses a snapshot with any one bit changed", async () => {
  const bytes = bytesOf(indexOf(600));
  for (let at = 0; at < bytes.length * 8; at += 4093) {
    const damaged = Uint8Array.from(bytes);
    damaged[at >> 3] = (damaged[at >> 3] as number) ^ (1 << (at & 7));
    assert.ok(["damaged", "foreign", "version"].includes(await faultOf([damaged])));
  }
});
