import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { MultiIndex } from "@utsuru/core/multi-index";
import { SnapshotError } from "@utsuru/core/snapshot";
import type { IndexEntry } from "../ports.ts";
import { HeldImages } from "./held-images.ts";
import { decodeSnapshot, encodeSnapshot } from "./index-snapshot.ts";
import { someEntry } from "./testing/memory-library.ts";

function newImages(): HeldImages {
  return new HeldImages({ pdq: new MultiIndex(), dct256: new MultiIndex() });
}

/** An image of one of a few audiences, now and then without a code that tells anything. */
function randomEntry(what: Partial<IndexEntry> = {}): IndexEntry {
  const entry = someEntry({ audience: randomInt(3), ...what });
  return randomInt(10) === 0 ? { ...entry, fingerprints: [] } : entry;
}

/** Which of the entries are held, by what is found and counted. */
function contents(images: HeldImages, entries: readonly IndexEntry[]): unknown {
  const found = entries.map(({ audience, fingerprints }) =>
    fingerprints.map(({ algorithm, code }) =>
      algorithm === "dct256-trimmed" ? [] : images.near(algorithm, [code], audience).map(({ imageId }) => imageId),
    ),
  );
  return { found, counts: [0, 1, 2].map((audience) => images.count(audience)), size: images.size };
}

test("a snapshot taken while images come, change and go is right once what changed since has been told", async () => {
  const [images, entries] = [newImages(), new Map<string, IndexEntry>()];
  const everSeen: IndexEntry[] = [];
  const put = (entry: IndexEntry): string => {
    everSeen.push(entry);
    entries.set(entry.imageId, entry);
    images.put(entry);
    return entry.imageId;
  };
  const ids = Array.from({ length: 6_000 }, () => put(randomEntry()));
  const changed = new Set<string>();
  const pieces: Uint8Array[] = [];
  for (const piece of encodeSnapshot({ images, position: "here" })) {
    pieces.push(piece);
    for (let i = 0; i < 40; i++) {
      const [gone = "", other = ""] = [ids[randomInt(ids.length)], ids[randomInt(ids.length)]];
      images.remove(gone);
      entries.delete(gone);
      changed.add(gone).add(put(randomEntry()));
      if (entries.has(other)) changed.add(put(randomEntry({ imageId: other })));
    }
  }
  const restored = await decodeSnapshot(pieces);
  assert.ok(restored);
  assert.equal(restored.position, "here");
  assert.ok(pieces.length > 8 && restored.images.size < images.size);
  for (const imageId of changed) {
    const entry = entries.get(imageId);
    if (entry) restored.images.put(entry);
    else restored.images.remove(imageId);
  }
  assert.deepEqual(contents(restored.images, everSeen), contents(images, everSeen));
});

test("a snapshot with any one byte changed, or that ends anywhere, is refused", async () => {
  const images = newImages();
  for (let i = 0; i < 20; i++) images.put(randomEntry());
  const bytes = Buffer.concat([...encodeSnapshot({ images, position: "here" })]);
  assert.equal((await decodeSnapshot([bytes]))?.images.size, 20);
  const refused = async (spoiled: Uint8Array): Promise<void> => {
    await assert.rejects(decodeSnapshot([spoiled]), SnapshotError);
  };
  for (let at = 0; at < bytes.length; at += 1 + randomInt(500)) {
    const spoiled = Buffer.from(bytes);
    spoiled[at] = (spoiled[at] ?? 0) ^ (1 << randomInt(8));
    await refused(spoiled);
    if (at > 0) await refused(bytes.subarray(0, at));
  }
  await refused(Buffer.concat([bytes, Buffer.alloc(1)]));
  assert.equal(await decodeSnapshot([]), undefined);
});

test("a snapshot given up before its first piece, or after, leaves the images as they are", () => {
  const images = newImages();
  for (let i = 0; i < 3; i++) images.put(randomEntry());
  encodeSnapshot({ images, position: "here" }).return();
  for (const _piece of encodeSnapshot({ images, position: "here" })) break;
  images.put(randomEntry());
  assert.equal(images.size, 4);
});
