import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { IndexFullError, MultiIndex } from "@utsuru/core/multi-index";
import type { Image, IndexEntry } from "../ports.ts";
import { type OpenSearchIndex, openSearchIndex } from "./open-search-index.ts";
import { MemoryFile } from "./testing/memory-file.ts";
import { MemoryLibrary, someEntry } from "./testing/memory-library.ts";

/** A library, a snapshot file and a clock that indexes are opened on, one after another or several at once. */
class World {
  readonly library = new MemoryLibrary();
  readonly file = new MemoryFile();
  readonly notices: string[] = [];
  aheadMs = 0;

  async open(t: TestContext, { file = this.file, changesMax = 1e9, room = 1e9 } = {}): Promise<OpenSearchIndex> {
    const index = await openSearchIndex(
      {
        catalog: this.library,
        snapshot: file,
        clock: { now: () => new Date(Date.now() + this.aheadMs) },
        notice: (sentence) => this.notices.push(sentence),
      },
      {
        terms: { changesMax, everyMs: 1e9, checkMs: 5 },
        newIndexes: () => ({ pdq: new SmallIndex(room), dct256: new SmallIndex(room) }),
      },
    );
    t.after(() => index.close());
    return index;
  }
}

/** An index with room for so many codes. */
class SmallIndex extends MultiIndex {
  readonly #room: number;

  constructor(room: number) {
    super();
    this.#room = room;
  }

  override add(code: Uint8Array, audience: number): number {
    if (this.size >= this.#room) throw new IndexFullError("full");
    return super.add(code, audience);
  }
}

/** As much of an image as the index takes. */
function imageOf({ imageId, audience, fingerprints }: IndexEntry): Image {
  const owner = { id: randomUUID(), audience };
  return { id: imageId, owner, visibility: audience === 0 ? "public" : "private", fingerprints } as unknown as Image;
}

async function find(index: OpenSearchIndex, { fingerprints }: IndexEntry, audience = 0): Promise<string[]> {
  const probes = fingerprints.map((fingerprint) => ({ fingerprint, codes: { identity: fingerprint.code } }));
  return (await index.near(probes, { id: "", audience })).map(({ imageId }) => imageId);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, "it did not come to pass within 10 s");
    await delay(2);
  }
}

test("two indexes follow one library: what comes and goes comes and goes in both", async (t) => {
  const world = new World();
  const [known, fresh, hidden] = [someEntry(), someEntry(), someEntry({ audience: 7 })];
  await world.library.keep(known);
  const indexes = [await world.open(t), await world.open(t, { file: new MemoryFile() })];
  await world.library.keep(fresh);
  await world.library.keep(hidden);
  await world.library.forget(known.imageId);
  for (const index of indexes) {
    await until(async () => index.size === 2 && (await find(index, known)).length === 0);
    assert.deepEqual(await find(index, fresh), [fresh.imageId]);
    assert.deepEqual([await find(index, hidden), await find(index, hidden, 7)], [[], [hidden.imageId]]);
    assert.equal(await index.count({ id: "", audience: 9 }), 1);
    assert.equal(await index.count({ id: "", audience: 7 }), 2);
  }
});

test("an image that changes is held once, as it is now", async (t) => {
  const world = new World();
  const old = someEntry();
  await world.library.keep(old);
  const index = await world.open(t);
  const changed = someEntry({ imageId: old.imageId, audience: 3 });
  await world.library.keep(changed);
  await until(async () => (await find(index, changed, 3)).length === 1);
  assert.deepEqual(await find(index, old, 3), []);
  assert.equal(index.size, 1);
});

test("an upload is found and a deletion gone at once, and the feed's word of them changes nothing", async (t) => {
  const world = new World();
  const index = await world.open(t);
  const [kept, gone] = [someEntry(), someEntry()];
  for (const entry of [kept, gone]) {
    await world.library.keep(entry);
    index.add(imageOf(entry));
    assert.deepEqual(await find(index, entry), [entry.imageId]);
  }
  await world.library.forget(gone.imageId);
  index.remove(gone.imageId);
  assert.deepEqual(await find(index, gone), []);
  const last = await world.library.keep();
  await until(() => index.size === 2);
  await world.library.forget(last);
  await until(() => index.size === 1);
  assert.deepEqual(await find(index, kept), [kept.imageId]);
});

test("an upload whose answer comes after its deletion does not bring the image back", async (t) => {
  const world = new World();
  const index = await world.open(t);
  const entry = someEntry();
  await world.library.keep(entry);
  await until(() => index.size === 1);
  await world.library.forget(entry.imageId);
  await until(() => index.size === 0);
  index.add(imageOf(entry));
  assert.equal(index.size, 0);
});

test("all are read anew where the feed is lost; what goes and comes meanwhile is not mistaken", async (t) => {
  const world = new World();
  const entries = Array.from({ length: 8 }, () => someEntry());
  for (const entry of entries) await world.library.keep(entry);
  const index = await world.open(t);
  const [stays, missed, gone] = entries;
  assert.ok(stays && missed && gone);
  const fresh = someEntry();
  world.library.isAway = true;
  await world.library.forget(missed.imageId);
  await world.library.changes.prune(new Date(Date.now() + 1_000));
  world.library.afterBatch = async () => {
    world.library.afterBatch = async () => {};
    assert.throws(() => index.check(), { code: "index-unavailable" });
    await world.library.forget(gone.imageId);
    index.remove(gone.imageId);
    await world.library.keep(fresh);
    index.add(imageOf(fresh));
  };
  world.library.isAway = false;
  await until(async () => index.size === 7 && (await find(index, missed)).length === 0);
  for (const [entry, count] of [
    [stays, 1],
    [missed, 0],
    [gone, 0],
    [fresh, 1],
  ] as const)
    assert.equal((await find(index, entry)).length, count);
  await until(() => index.lagMs() === 0);
  index.check();
  assert.match(world.notices.join(), /all images are read anew/);
});

test("lag is nothing while the library can be read, and the time since it last could otherwise", async (t) => {
  const world = new World();
  const index = await world.open(t);
  assert.equal(index.lagMs(), 0);
  world.library.isAway = true;
  world.aheadMs = 10_000;
  assert.ok(index.lagMs() >= 9_000 && index.lagMs() < 20_000);
  index.check();
  world.aheadMs = 40_000;
  assert.throws(() => index.check(), { code: "index-unavailable" });
  world.aheadMs = 0;
  world.library.isAway = false;
  index.check();
});

test("a restart holds what the snapshot has and what changed since, without reading all", async (t) => {
  const world = new World();
  const entries = [someEntry(), someEntry({ audience: 4 }), someEntry({ fingerprints: [] })];
  for (const entry of entries) await world.library.keep(entry);
  const [first, hidden] = entries;
  assert.ok(first && hidden);
  await (await world.open(t)).close();
  const fresh = someEntry();
  await world.library.keep(fresh);
  await world.library.forget(first.imageId);
  world.library.afterBatch = () => Promise.reject(new Error("all were read"));
  const index = await world.open(t);
  assert.equal(index.size, 3);
  assert.deepEqual(
    [await find(index, first), await find(index, fresh), await find(index, hidden, 4)],
    [[], [fresh.imageId], [hidden.imageId]],
  );
  assert.deepEqual(world.notices, []);
});

test("a snapshot is written when enough has changed, and not while nothing has", async (t) => {
  const world = new World();
  const index = await world.open(t, { changesMax: 3 });
  for (let i = 0; i < 3; i++) await world.library.keep();
  await until(() => world.file.writes === 1);
  await delay(50);
  await index.close();
  assert.equal(world.file.writes, 1);
});

test("a damaged snapshot and one of another library are told, and all is read", async (t) => {
  const world = new World();
  const entry = someEntry();
  await world.library.keep(entry);
  await (await world.open(t)).close();
  const bytes = Buffer.from(world.file.bytes ?? []);
  for (const spoil of [
    (copy: Buffer) => copy.fill(~(copy[200] ?? 0), 200, 201),
    (copy: Buffer) => copy.subarray(0, copy.length - 9),
    () => Buffer.from("something else entirely"),
  ]) {
    world.file.bytes = spoil(Buffer.from(bytes));
    const index = await world.open(t);
    assert.deepEqual(await find(index, entry), [entry.imageId]);
    assert.match(world.notices.pop() ?? "", /^The snapshot of the index is of no use/);
    assert.deepEqual(world.notices, []);
    await index.close();
  }
  const other = new World();
  other.file.bytes = bytes;
  const index = await other.open(t);
  assert.equal(index.size, 0);
  assert.match(other.notices.join(), /cannot tell what changed/);
});

test("an upload without room in the index is no failure; searches are refused, not answered in part, until a start with more room", async (t) => {
  const world = new World();
  const [known, last] = [someEntry(), someEntry()];
  await world.library.keep(known);
  const index = await world.open(t, { room: 1 });
  assert.deepEqual(await find(index, known), [known.imageId]);
  await world.library.keep(last);
  index.add(imageOf(last));
  await assert.rejects(find(index, known), { code: "index-unavailable", message: /no room for all images/ });
  assert.throws(() => index.check(), { code: "index-unavailable" });
  await until(() => world.notices.length > 0);
  assert.match(world.notices.join(), /UTSURU_INDEX_THREADS/);
  await index.close();
  assert.equal(world.notices.length, 1);
  const larger = await world.open(t);
  for (const entry of [known, last]) assert.deepEqual(await find(larger, entry), [entry.imageId]);
});

test("a start without room for all images comes to its end", async (t) => {
  const world = new World();
  for (let i = 0; i < 3; i++) await world.library.keep();
  const index = await world.open(t, { room: 2 });
  assert.throws(() => index.check(), { code: "index-unavailable", message: /no room for all images/ });
  assert.equal(world.notices.length, 1);
});
