import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import { v7 as uuidv7 } from "uuid";
import { testDatabase } from "../../test/support/database.ts";
import type { Catalog, Image, User } from "../ports.ts";
import { openCatalog } from "../postgres/catalog.ts";
import { CopyComparer } from "./compare-copies.ts";
import { findDuplicates } from "./find-duplicates.ts";

const clock = { now: () => new Date() };

/** A person's images, named by how many bits of their code are set, and the groups that they are found in. */
class Album {
  readonly catalog: Catalog;
  readonly owner: User;
  /** That of the server that is asked. */
  comparer: CopyComparer;
  readonly #names = new Map<string, string>();

  constructor({ catalog, owner }: Pick<Album, "catalog" | "owner">) {
    this.catalog = catalog;
    this.owner = owner;
    this.comparer = new CopyComparer({ copies: catalog.copies, clock });
  }

  async keep(bits: number, name = `${bits}`): Promise<Image> {
    const image = imageOf(this.owner, bits);
    const { bytes, sha256, keys } = image;
    const [original, thumbnail] = [keys.original, keys.thumbnail].map((key) => ({ key, bytes, sha256 }));
    assert.ok(original && thumbnail);
    await this.catalog.objects.notePut({ id: image.id, imageId: image.id, keys: Object.values(keys) });
    assert.equal((await this.catalog.images.add(image, { original, thumbnail })).kind, "created");
    this.#names.set(image.id, name);
    return image;
  }

  async forget({ id }: Image): Promise<void> {
    assert.ok(await this.catalog.images.remove(id, this.owner.id));
  }

  /** All groups, page by page, as names: the head first. */
  async groups(limit = 50): Promise<string[][]> {
    const found: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await findDuplicates(this, this.owner, cursor === undefined ? { limit } : { limit, cursor });
      assert.ok(page.items.length <= limit);
      for (const { head, members } of page.items)
        found.push([head, ...members.map(({ image }) => image)].map(({ id }) => this.#names.get(id) ?? "?"));
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }
}

async function openAlbums(t: TestContext): Promise<[Album, Album]> {
  const catalog = await openCatalog(await testDatabase(t));
  t.after(() => catalog.close());
  const albumOf = async (): Promise<Album> => {
    const id = uuidv7();
    const owner = await catalog.accounts.addUser({
      ...{ id, email: id, emailKey: id, passwordHash: "none" },
      createdAt: new Date(),
    });
    assert.ok(owner);
    return new Album({ catalog, owner });
  };
  return [await albumOf(), await albumOf()];
}

function imageOf(owner: User, bits: number): Image {
  const id = uuidv7();
  const code = new Uint8Array(32);
  for (let bit = 0; bit < bits; bit++) code[bit >> 3] = (code[bit >> 3] as number) | (1 << (bit & 7));
  return {
    ...{ id, owner: { id: owner.id, audience: owner.audience }, visibility: "public", file: "a.jpg", format: "jpeg" },
    ...{ width: 4, height: 3, bytes: 5, sha256: createHash("sha256").update(id).digest("hex"), createdAt: new Date() },
    fingerprints: [{ algorithm: "pdq", code, quality: 100 }],
    keys: { original: `originals/${id}`, thumbnail: `thumbnails/${id}` },
  };
}

test("chains do not glue: every copy matches its head, and no image is in two groups", async (t) => {
  const [ada, bob] = await openAlbums(t);
  for (const bits of [0, 31, 62, 93, 200]) await ada.keep(bits);
  await bob.keep(0, "Bob's");
  const expected = [
    ["0", "31"],
    ["62", "93"],
  ];
  assert.deepEqual(await ada.groups(), expected);
  assert.deepEqual(await ada.groups(1), expected, "page by page the same");
  assert.deepEqual(await bob.groups(), []);
});

test("a later upload joins the nearest head; copies of a deleted head are compared anew", async (t) => {
  const [ada] = await openAlbums(t);
  const first = await ada.keep(0);
  await ada.keep(10);
  await ada.keep(50);
  assert.deepEqual(await ada.groups(), [["0", "10"]]);
  await ada.keep(28);
  const expected = [
    ["0", "10"],
    ["50", "28"],
  ];
  assert.deepEqual(await ada.groups(), expected);
  await ada.forget(first);
  assert.deepEqual(await ada.groups(), [["50", "28"]]);
  await ada.keep(9);
  assert.deepEqual(await ada.groups(), [
    ["10", "9"],
    ["50", "28"],
  ]);
});

test("heads that another server noted meanwhile count, and heads that were deleted do not", async (t) => {
  const [ada] = await openAlbums(t);
  await ada.keep(0);
  const gone = await ada.keep(100);
  /** Does something each time after images were looked up, before it is noted what they are. */
  const interrupted = (before: () => Promise<unknown>): CopyComparer => {
    const { copies } = ada.catalog;
    const heads: typeof copies.heads = (...asked) => copies.heads(...asked);
    const pending: typeof copies.pending = async (...asked) => {
      const images = await copies.pending(...asked);
      await before();
      return images;
    };
    const round: typeof copies.round = (...asked) => copies.round(...asked);
    const note: typeof copies.note = (...asked) => copies.note(...asked);
    return new CopyComparer({ copies: { heads, pending, round, note }, clock });
  };
  const other = new CopyComparer({ copies: ada.catalog.copies, clock });
  let times = 0;
  ada.comparer = interrupted(async () => {
    if (times++ === 0) await other.compare(ada.owner.id);
    if (times === 1) await ada.keep(10);
  });
  assert.deepEqual(await ada.groups(), [["0", "10"]], "one head, though both servers compared");

  await ada.keep(109);
  times = 0;
  ada.comparer = interrupted(async () => {
    if (times++ === 0) await ada.forget(gone);
  });
  assert.deepEqual(await ada.groups(), [["0", "10"]]);
  await ada.keep(120);
  assert.deepEqual(await ada.groups(), [
    ["0", "10"],
    ["109", "120"],
  ]);
});

test("a request that runs out of time answers without groups, says how many images are left, and the next goes on", async (t) => {
  const [ada] = await openAlbums(t);
  for (let i = 0; i < 6; i++) await ada.keep(0, `${i}`);
  await ada.keep(128, "apart");
  let asked = 0;
  // Time passes with each look at the clock: three looks, and the second and a half is over.
  const slow = { now: () => new Date(600 * asked++) };
  ada.comparer = new CopyComparer({ copies: ada.catalog.copies, clock: slow });
  const first = await findDuplicates(ada, ada.owner, { limit: 10 });
  assert.deepEqual(first.items, []);
  assert.ok(first.pending > 0 && first.pending < 7, `${first.pending}`);
  assert.ok(first.next);
  assert.deepEqual(await ada.groups(), [["0", "1", "2", "3", "4", "5"]]);
});

test("of a hundred and more copies the nearest hundred are shown, and that there are more is said", async (t) => {
  const [ada] = await openAlbums(t);
  for (let i = 0; i < 103; i++) await ada.keep(i === 1 ? 5 : 0, i === 1 ? "farther" : "same");
  const { items } = await findDuplicates(ada, ada.owner, { limit: 10 });
  assert.equal(items.length, 1);
  assert.equal(items[0]?.members.length, 100);
  assert.equal(items[0]?.truncated, true);
  assert.ok(items[0]?.members.every(({ distance }) => distance === 0));
});
