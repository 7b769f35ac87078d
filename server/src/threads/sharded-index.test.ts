import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { flipped, randomBits, randomCode } from "../../../core/src/hamming/testing/code-sets.ts";
import { testDatabase } from "../../test/support/database.ts";
import type { Catalog } from "../ports.ts";
import { openCatalog } from "../postgres/catalog.ts";
import { describeSearchIndex, imageOf, KeptLibrary, probeOf } from "../search/testing/search-index-contract.ts";
import { type OpenShardedIndex, openShardedIndex } from "./sharded-index.ts";
import { lethal, mortalShard } from "./testing/mortal-shards.ts";

const clock = { now: () => new Date() };

describeSearchIndex(
  "the index in two threads",
  async (t) => {
    const world = await World.make(t);
    return { catalog: world.catalog, index: await world.open() };
  },
  { imagesPerSet: 30 },
);

/** A library, and indexes of it one after another. */
class World {
  readonly notices: string[] = [];
  readonly catalog: Catalog;
  readonly folder: string;
  readonly #url: string;
  readonly #opened: Opened[] = [];

  private constructor(catalog: Catalog, folder: string, url: string) {
    this.catalog = catalog;
    this.folder = folder;
    this.#url = url;
  }

  static async make(t: TestContext): Promise<World> {
    const { url } = await testDatabase(t);
    const catalog = await openCatalog({ url });
    const folder = await mkdtemp(join(tmpdir(), "utsuru-shards-"));
    const world = new World(catalog, folder, url);
    // One hook, since hooks run in the order of their registration and an index writes its snapshots as it closes.
    t.after(async () => {
      for (const index of world.#opened) await index.close();
      await catalog.close();
      await rm(folder, { recursive: true });
    });
    return world;
  }

  async open({ shards = 2, ...options }: { shards?: number; program?: URL } = {}): Promise<Opened> {
    const data = { databaseUrl: this.#url, snapshotPath: join(this.folder, "snapshot"), shards };
    const ports = { clock, notice: (sentence: string): void => void this.notices.push(sentence) };
    const index = await openShardedIndex(ports, data, options);
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= index.close());
    const opened = { ...index, close };
    this.#opened.push(opened);
    return opened;
  }
}

type Opened = OpenShardedIndex;

/** Twenty pictures of one person, each a little different. */
async function fill(library: KeptLibrary) {
  const owner = await library.newPerson();
  const random = randomBits(3);
  const code = randomCode(random);
  for (let i = 0; i < 20; i++) {
    const kept = flipped(code, i % 9, random);
    await library.keep(imageOf(owner, "private", [{ algorithm: "pdq", code: kept, quality: 100 }]));
  }
  return { owner, probes: [probeOf("pdq", code)] };
}

test("a thread that dies makes the index unavailable, not incomplete, until another holds its share", async (t) => {
  const world = await World.make(t);
  const index = await world.open({ program: mortalShard });
  const library = new KeptLibrary({ catalog: world.catalog, index });
  const { owner, probes } = await fill(library);
  assert.equal((await library.check(probes, owner)).length, 20);
  index.remove(lethal);
  await assert.rejects(index.near(probes, owner), { code: "index-unavailable", retryAfterS: 5 });
  assert.throws(() => index.check(), { code: "index-unavailable" });
  assert.match(world.notices.join(), /^Shard 1 of 2 of the index ended and is started anew/);
  await until(() => isAvailable(index));
  assert.equal((await library.check(probes, owner)).length, 20);
});

test("each thread comes back from a snapshot of its own; another number of threads reads the database", async (t) => {
  const world = await World.make(t);
  const first = await world.open();
  const { owner, probes } = await fill(new KeptLibrary({ catalog: world.catalog, index: first }));
  const found = await first.near(probes, owner);
  assert.equal(found.length, 20);
  await first.close();
  assert.deepEqual((await readdir(world.folder)).sort(), ["snapshot-1-of-2", "snapshot-2-of-2"]);
  for (const shards of [2, 3]) {
    const index = await world.open({ shards });
    assert.deepEqual(await index.near(probes, owner), found);
    assert.equal(await index.count(owner), 20);
    await index.close();
  }
  assert.deepEqual(world.notices, []);
});

test("where one thread has no room for an image, searches are refused", async (t) => {
  const ports = { clock, notice: () => {} };
  const program = new URL("testing/full-shard.ts", import.meta.url);
  const index = await openShardedIndex(ports, { databaseUrl: "", snapshotPath: "", shards: 1 }, { program });
  t.after(() => index.close());
  const viewer = { id: "", audience: 1 };
  const full = { code: "index-unavailable", message: /no room for all images/ };
  await assert.rejects(index.near([probeOf("pdq", randomCode(randomBits(1)))], viewer), full);
  assert.throws(() => index.check(), full);
});

function isAvailable(index: OpenShardedIndex): boolean {
  try {
    index.check();
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    assert.ok(Date.now() < end, "it did not come to pass within 20 s");
    await delay(20);
  }
}
