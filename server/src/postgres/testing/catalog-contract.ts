import assert from "node:assert/strict";
import { createHash, randomBytes, randomInt } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { mirrorings } from "@utsuru/core/eight-codes";
import { type Algorithm, algorithms, type Fingerprint } from "@utsuru/core/fingerprint";
import { featuresVersion } from "@utsuru/core/local-features";
import { type Orientation, orientations } from "@utsuru/core/orientations";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import { v7 as uuidv7 } from "uuid";
import type { Catalog, Image, IndexEntry, StoredObject, Task, User } from "../../ports.ts";

type Context = Pick<TestContext, "after">;
/** Gives an empty catalogue, closed after the test. */
export type Open = (t: Context, terms?: { readonly putMsMax?: number }) => Promise<Catalog>;

const noon = new Date("2026-11-24T12:00:00.123Z");
const later = (minutes: number): Date => new Date(noon.getTime() + minutes * 60_000);

let people = 0;

async function person(catalog: Catalog): Promise<User> {
  const email = `Person.${++people}@example.org`;
  const user = await catalog.accounts.addUser({ ...account(email) });
  assert.ok(user);
  return user;
}

function account(email: string): Parameters<Catalog["accounts"]["addUser"]>[0] {
  return { id: uuidv7(), email, emailKey: email.toLowerCase(), passwordHash: "$2b$12$hash", createdAt: noon };
}

function fingerprintOf(algorithm: Algorithm): Fingerprint {
  return { algorithm, code: new Uint8Array(randomBytes(32)), quality: randomInt(101) };
}

function imageOf(owner: User, what: Partial<Image> = {}): Image {
  const id = uuidv7();
  return {
    id,
    owner: { id: owner.id, audience: owner.audience },
    visibility: "public",
    file: '写真 "1".jpg',
    format: "jpeg",
    width: 4000,
    height: 3000,
    bytes: 5_000_000_000,
    sha256: createHash("sha256").update(id).digest("hex"),
    createdAt: noon,
    fingerprints: [fingerprintOf("pdq")],
    keys: { original: `originals/${id}`, thumbnail: `thumbnails/${id}` },
    ...what,
  };
}

function storedOf(image: Image): { original: StoredObject; thumbnail: StoredObject } {
  return {
    original: { key: image.keys.original, bytes: image.bytes, sha256: image.sha256, generation: "1764000000000001" },
    thumbnail: { key: image.keys.thumbnail, bytes: 900, sha256: "0f".repeat(32) },
  };
}

/** Notes what an upload puts. */
async function noted(catalog: Catalog, image: Image): Promise<Image> {
  await catalog.objects.notePut({ id: image.id, imageId: image.id, keys: keysOf(image) });
  return image;
}

function keysOf(image: Image): string[] {
  return [image.keys.original, image.keys.thumbnail];
}

/** Adds the image as an upload does. */
async function add(catalog: Catalog, image: Image): ReturnType<Catalog["images"]["add"]> {
  await noted(catalog, image);
  return catalog.images.add(image, storedOf(image));
}

async function added(catalog: Catalog, image: Image): Promise<Image> {
  assert.deepEqual(await add(catalog, image), { kind: "created" });
  return image;
}

async function allEntries(catalog: Catalog): Promise<IndexEntry[]> {
  const all: IndexEntry[] = [];
  for await (const batch of catalog.images.entries()) all.push(...batch);
  return all;
}

const idsOf = (images: readonly Image[]): string[] => images.map(({ id }) => id);

/** What every {@link Catalog} does, as tests. `open` gives an empty one; `skip` says why there is none. */
export function describeCatalog(name: string, open: Open, options: { readonly skip?: string | false } = {}): void {
  describe(name, options, () => {
    describeAccounts(open);
    describeImages(open);
    describeRenewals(open);
    describeVisibility(open);
    describeRemoval(open);
    describeNotes(open);
    describeJobNotes(open);
    describeDeletions(open);
  });
}

function describeAccounts(open: Open): void {
  test("users get small numbers of their own, and are found by the folded address", async (t) => {
    const { accounts } = await open(t);
    const one = account("One@Example.org");
    const first = await accounts.addUser(one);
    const second = await accounts.addUser(account("two@example.org"));
    assert.deepEqual(first, { id: one.id, audience: first?.audience, email: one.email, createdAt: noon });
    assert.ok(first && second && first.audience >= 1 && second.audience > first.audience);
    assert.deepEqual(await accounts.findUser("one@example.org"), { user: first, passwordHash: one.passwordHash });
    assert.equal(await accounts.findUser("three@example.org"), undefined);
  });

  test("of fifty registrations of one address at once, one succeeds", async (t) => {
    const { accounts } = await open(t);
    const results = await Promise.all(Array.from({ length: 50 }, () => accounts.addUser(account("same@example.org"))));
    assert.equal(results.filter(Boolean).length, 1);
  });

  test("a session is found until it expires or is ended", async (t) => {
    const catalog = await open(t);
    const user = await person(catalog);
    const session = (id: string) => ({ id, userId: user.id, createdAt: noon, expiresAt: later(60) });
    const [kept, ended] = [uuidv7(), uuidv7()];
    await catalog.accounts.addSession(session(kept));
    await catalog.accounts.addSession(session(ended));
    await catalog.accounts.endSession(ended, later(1));
    assert.deepEqual(await catalog.accounts.findSession(kept, later(59)), { id: kept, user, expiresAt: later(60) });
    assert.equal(await catalog.accounts.findSession(kept, later(60)), undefined);
    assert.equal(await catalog.accounts.findSession(ended, later(2)), undefined);
    assert.equal(await catalog.accounts.findSession(uuidv7(), later(2)), undefined);
  });

  test("a session that was ended is found by nobody who asks afterwards, however many asked before", async (t) => {
    const catalog = await open(t);
    const user = await person(catalog);
    const id = uuidv7();
    await catalog.accounts.addSession({ id, userId: user.id, createdAt: noon, expiresAt: later(60) });
    const before = Array.from({ length: 50 }, () => catalog.accounts.findSession(id, later(1)));
    await catalog.accounts.endSession(id, later(2));
    const after = await Promise.all(Array.from({ length: 50 }, () => catalog.accounts.findSession(id, later(3))));
    assert.deepEqual(after.filter(Boolean), []);
    await Promise.all(before);
  });

  test("a login clears away what is over, and nothing that still holds", async (t) => {
    const catalog = await open(t);
    const user = await person(catalog);
    const session = (expiresAt: Date) => ({ id: uuidv7(), userId: user.id, createdAt: noon, expiresAt });
    const [short, long] = [session(later(1)), session(later(120))];
    await catalog.accounts.addSession(short);
    await catalog.accounts.addSession(long);
    await catalog.accounts.addSession({ ...session(later(180)), createdAt: later(60) });
    assert.equal(await catalog.accounts.findSession(short.id, noon), undefined);
    assert.equal((await catalog.accounts.findSession(long.id, later(60)))?.id, long.id);
  });
}

function describeImages(open: Open): void {
  test("an image comes back as it was added", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const image = await added(catalog, imageOf(owner));
    assert.deepEqual(await catalog.images.find(image.id, owner), image);
    assert.deepEqual(await catalog.images.findOwned(image.sha256, owner.id), image);
    assert.deepEqual(await catalog.images.findBySha256(image.sha256, owner, 10), [image]);
  });

  test("an image without fingerprints is one too", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const image = await added(catalog, imageOf(owner, { fingerprints: [] }));
    assert.deepEqual(await catalog.images.find(image.id, owner), image);
    assert.deepEqual(await allEntries(catalog), [{ imageId: image.id, audience: 0, fingerprints: [] }]);
  });

  test("the same bytes of the same owner are the image that is there; of another owner, a new one", async (t) => {
    const catalog = await open(t);
    const [one, other] = [await person(catalog), await person(catalog)];
    const image = await added(catalog, imageOf(one));
    const again = imageOf(one, { sha256: image.sha256 });
    assert.deepEqual(await add(catalog, again), { kind: "duplicate", image });
    assert.equal(await catalog.images.find(again.id, one), undefined);
    await added(catalog, imageOf(other, { sha256: image.sha256 }));
    assert.equal((await catalog.images.findBySha256(image.sha256, one, 10)).length, 2);
    assert.equal((await catalog.images.findBySha256(image.sha256, one, 1))[0]?.id, image.id);
  });

  test("of the same bytes added fifty times at once, one is created and all others are told of it", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const sha256 = "ab".repeat(32);
    const images = Array.from({ length: 50 }, () => imageOf(owner, { sha256 }));
    const results = await Promise.all(images.map((image) => add(catalog, image)));
    const stored = await catalog.images.findOwned(sha256, owner.id);
    assert.equal(results.filter(({ kind }) => kind === "created").length, 1);
    for (const result of results) if (result.kind === "duplicate") assert.deepEqual(result.image, stored);
    assert.equal((await allEntries(catalog)).length, 1);
  });

  test("of a thousand checksums, those that the owner has are told with their images", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const images = [await added(catalog, imageOf(owner)), await added(catalog, imageOf(owner))];
    const unknown = Array.from({ length: 998 }, () => randomBytes(32).toString("hex"));
    const found = await catalog.images.whichOwned([...unknown, ...images.map(({ sha256 }) => sha256)], owner.id);
    assert.deepEqual(
      found.map(({ id, sha256 }) => `${id} ${sha256}`).sort(),
      images.map(({ id, sha256 }) => `${id} ${sha256}`).sort(),
    );
  });

  test("an image that cannot be added whole is not added at all", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const image = imageOf(owner, { fingerprints: [{ algorithm: "pdq", code: new Uint8Array(32), quality: 101 }] });
    await assert.rejects(add(catalog, image));
    assert.equal(await catalog.images.find(image.id, owner), undefined);
    assert.equal(await catalog.images.count(owner), 0);
  });

  test("a list pages from the newest to the oldest, each image once", async (t) => {
    const catalog = await open(t);
    const [owner, other] = [await person(catalog), await person(catalog)];
    const images: Image[] = [];
    for (let i = 0; i < 5; i++) images.unshift(await added(catalog, imageOf(owner, { visibility: "private" })));
    await added(catalog, imageOf(other));
    const first = await catalog.images.list(owner.id, { limit: 2 });
    assert.deepEqual(first.items, images.slice(0, 2));
    const second = await catalog.images.list(owner.id, { limit: 2, after: first.next as string });
    assert.deepEqual(second.items, images.slice(2, 4));
    const third = await catalog.images.list(owner.id, { limit: 2, after: second.next as string });
    assert.deepEqual(third, { items: images.slice(4), next: undefined });
    assert.equal((await catalog.images.list(owner.id, { limit: 5 })).next, undefined);
  });

  test("entries hold every image once with its fingerprints, and who may see it", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const shown = await added(catalog, imageOf(owner));
    const fingerprints = [...algorithms].sort().map(fingerprintOf);
    const hidden = await added(catalog, imageOf(owner, { visibility: "private", fingerprints }));
    const entry = (image: Image, audience: number) => ({
      imageId: image.id,
      audience,
      fingerprints: image.fingerprints,
    });
    assert.deepEqual(await allEntries(catalog), [entry(shown, 0), entry(hidden, owner.audience)]);
  });
}

function describeRenewals(open: Open): void {
  const featuresOf = (version: number): Uint8Array => Uint8Array.of(version, ...randomBytes(300));
  const randomCode = (): Uint8Array => new Uint8Array(randomBytes(32));
  const derived = () => {
    const oriented = algorithms.slice(0, 2).map((algorithm): OrientedFingerprint => {
      const codes = Object.fromEntries(orientations.map((name) => [name, randomCode()]));
      const fingerprint = { ...fingerprintOf(algorithm), code: codes.identity ?? randomCode() };
      return { fingerprint, codes: codes as Record<Orientation, Uint8Array> };
    });
    return { oriented, features: featuresOf(featuresVersion) };
  };
  const maintenance = async (catalog: Catalog) => {
    const depth = (await catalog.queue.depths()).find(({ lane }) => lane === "maintenance");
    return [depth?.planned, depth?.waiting];
  };

  test("images that are not of this version get a task each, whoever looks, and no other until that is over", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const old = [await added(catalog, imageOf(owner)), await added(catalog, imageOf(owner, { visibility: "private" }))];
    const current = await noted(catalog, imageOf(owner));
    await catalog.images.add(current, { ...storedOf(current), features: featuresOf(featuresVersion) });
    assert.deepEqual(await maintenance(catalog), [2, 0]);
    const counts = await Promise.all([1, 2, 3].map(() => catalog.renewals.plan()));
    assert.deepEqual(counts.toSorted(), [0, 0, 2]);
    assert.deepEqual(await maintenance(catalog), [0, 2]);
    const seen: Task[] = [];
    const work = await catalog.queue.work("maintenance", { atOnce: 2 }, async (task) => {
      if (task.kind === "renew") await catalog.renewals.keep(task.imageId, derived());
      seen.push(task);
    });
    while (seen.length < 2) await delay(20);
    await work.stop();
    assert.deepEqual(new Set(seen.map((task) => task.kind === "renew" && task.imageId)), new Set(idsOf(old)));
    assert.equal(await catalog.renewals.plan(), 0);
    assert.deepEqual(await maintenance(catalog), [0, 0]);
  });

  test("an image without a thumbnail is one to be derived anew, and has what is put in its place later", async (t) => {
    const catalog = await open(t);
    const image = await noted(catalog, imageOf(await person(catalog)));
    const { original, thumbnail } = storedOf(image);
    await catalog.images.add(image, { original, features: featuresOf(featuresVersion) });
    const found = await catalog.renewals.find(image.id);
    assert.deepEqual([found?.isCurrent, found?.thumbnail], [false, undefined]);
    assert.deepEqual(await maintenance(catalog), [1, 0]);
    await catalog.records.replaceThumbnail(image.id, thumbnail);
    const { key: _, ...kept } = thumbnail;
    assert.deepEqual((await catalog.renewals.find(image.id))?.thumbnail, kept);
    assert.deepEqual(await catalog.records.reasons([thumbnail.key]), new Map([[thumbnail.key, "image"]]));
  });

  test("several who derive an image anew at once come one after the other", async (t) => {
    const catalog = await open(t);
    const image = await added(catalog, imageOf(await person(catalog), { fingerprints: algorithms.map(fingerprintOf) }));
    const parts = derived();
    for (let round = 0; round < 5; round++)
      await Promise.all(Array.from({ length: 6 }, () => catalog.renewals.keep(image.id, parts)));
    assert.equal((await catalog.renewals.find(image.id))?.image.fingerprints.length, parts.oriented.length);
  });

  test("what was derived anew stands in place of the former, all at once, unless the image is gone", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const [image, gone] = [0, 0].map(() => imageOf(owner, { fingerprints: algorithms.map(fingerprintOf) }));
    assert.ok(image && gone);
    for (const one of [image, gone]) await added(catalog, one);
    assert.equal((await catalog.renewals.find(image.id))?.isCurrent, false);
    await catalog.images.remove(gone.id, owner.id);
    const parts = derived();
    for (const { id } of [image, gone]) await catalog.renewals.keep(id, parts);
    const found = await catalog.renewals.find(image.id);
    assert.equal(found?.isCurrent, true);
    assert.deepEqual(found.thumbnail, { bytes: 900, sha256: "0f".repeat(32) });
    const fingerprints = parts.oriented.map(({ fingerprint }) => fingerprint).toSorted(byAlgorithm);
    assert.deepEqual(found.image.fingerprints.toSorted(byAlgorithm), fingerprints);
    assert.deepEqual(await allEntries(catalog), [{ imageId: image.id, audience: 0, fingerprints }]);
    const [pending] = await catalog.copies.pending(owner.id, { limit: 9 });
    for (const { fingerprint, codes } of parts.oriented) {
      const kept = pending?.fingerprints.find((one) => one.fingerprint.algorithm === fingerprint.algorithm);
      for (const name of mirrorings) assert.deepEqual(kept?.codes[name], codes[name]);
    }
    assert.equal(await catalog.renewals.find(gone.id), undefined);
  });
}

function byAlgorithm(a: Fingerprint, b: Fingerprint): number {
  return a.algorithm < b.algorithm ? -1 : 1;
}

function describeVisibility(open: Open): void {
  test("another's private image does not exist: not by id, by bytes, nor in the count", async (t) => {
    const catalog = await open(t);
    const [owner, stranger] = [await person(catalog), await person(catalog)];
    const shown = await added(catalog, imageOf(owner));
    const hidden = await added(catalog, imageOf(owner, { visibility: "private" }));
    const both = [shown.id, hidden.id];
    assert.equal(await catalog.images.find(hidden.id, stranger), undefined);
    assert.deepEqual(idsOf(await catalog.images.findMany([...both, uuidv7()], stranger)), [shown.id]);
    assert.deepEqual(idsOf(await catalog.images.findMany(both, owner)).sort(), both.sort());
    assert.deepEqual(await catalog.images.findBySha256(hidden.sha256, stranger, 10), []);
    assert.equal(await catalog.images.findOwned(hidden.sha256, stranger.id), undefined);
    assert.deepEqual(await catalog.images.whichOwned([shown.sha256, hidden.sha256], stranger.id), []);
    assert.equal(await catalog.images.count(stranger), 1);
    assert.equal(await catalog.images.count(owner), 2);
  });

  test("many who ask at once are each answered what they may see", async (t) => {
    const catalog = await open(t);
    const people = await Promise.all(Array.from({ length: 4 }, () => person(catalog)));
    const images = await Promise.all(people.map((owner) => added(catalog, imageOf(owner, { visibility: "private" }))));
    const ids = idsOf(images);
    const asked = Array.from({ length: 60 }, async (_, i) => {
      const [viewer, image] = [people[i % 4], images[i % 4]];
      assert.ok(viewer && image);
      assert.deepEqual(await catalog.images.findMany(ids, viewer), [image]);
      assert.deepEqual(await catalog.images.find(image.id, viewer), image);
      assert.deepEqual(await catalog.images.findMany([], viewer), []);
    });
    await Promise.all(asked);
  });
}

function describeRemoval(open: Open): void {
  test("a removed image is gone, and its objects are noted until they are confirmed deleted", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const owner = await person(catalog);
    const image = await added(catalog, imageOf(owner));
    const { original, thumbnail } = image.keys;
    assert.deepEqual(await catalog.images.remove(image.id, owner.id), { keys: [original, thumbnail] });
    assert.equal(await catalog.images.find(image.id, owner), undefined);
    assert.deepEqual(await allEntries(catalog), []);
    assert.deepEqual(await catalog.objects.takeDeletions(10), [original, thumbnail]);
    await catalog.objects.confirmDeletions([original]);
    assert.deepEqual(await catalog.objects.takeDeletions(10), [thumbnail]);
    assert.equal(await catalog.images.remove(image.id, owner.id), undefined);
  });

  test("only its owner removes an image, and only once", async (t) => {
    const catalog = await open(t);
    const [owner, stranger] = [await person(catalog), await person(catalog)];
    const image = await added(catalog, imageOf(owner));
    assert.equal(await catalog.images.remove(image.id, stranger.id), undefined);
    const results = await Promise.all(Array.from({ length: 20 }, () => catalog.images.remove(image.id, owner.id)));
    assert.equal(results.filter(Boolean).length, 1);
  });

  test("bytes that were removed can be added again", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    const first = await added(catalog, imageOf(owner));
    await catalog.images.remove(first.id, owner.id);
    const second = await added(catalog, imageOf(owner, { sha256: first.sha256 }));
    assert.deepEqual(await catalog.images.findOwned(first.sha256, owner.id), second);
  });
}

function describeNotes(open: Open): void {
  test("of a put that was given up nobody makes an image any more, and its objects must go", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const image = await noted(catalog, imageOf(await person(catalog)));
    assert.equal(await catalog.objects.giveUpOldPuts(10), 1);
    assert.deepEqual(await catalog.images.add(image, storedOf(image)), { kind: "given-up" });
    assert.equal(await catalog.images.find(image.id, image.owner), undefined);
    assert.deepEqual(await catalog.objects.takeDeletions(10), keysOf(image));
    assert.equal(await catalog.objects.giveUpOldPuts(10), 0);
  });

  test("a put that may still be under way is not given up, nor is one that became an image", async (t) => {
    const catalog = await open(t);
    const owner = await person(catalog);
    await noted(catalog, imageOf(owner));
    await added(catalog, imageOf(owner));
    assert.equal(await catalog.objects.giveUpOldPuts(10), 0);
    assert.deepEqual(await catalog.objects.takeDeletions(10), []);
  });

  test("of fifty puts that are given up while they become images, each is one or the other", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const owner = await person(catalog);
    const images = await Promise.all(Array.from({ length: 50 }, () => noted(catalog, imageOf(owner))));
    const adding = Promise.all(images.map((image) => catalog.images.add(image, storedOf(image))));
    for (let tries = 0; tries < 10; tries++) await catalog.objects.giveUpOldPuts(3);
    const outcomes = await adding;
    const mustGo = new Set(await catalog.objects.takeDeletions(200));
    for (const [i, image] of images.entries()) {
      const isThere = (await catalog.images.find(image.id, owner)) !== undefined;
      assert.equal(outcomes[i]?.kind, isThere ? "created" : "given-up");
      for (const key of keysOf(image)) assert.equal(mustGo.has(key), !isThere);
    }
  });

  test("more objects of an image are its own once their put is finished", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const image = await added(catalog, imageOf(await person(catalog)));
    const [finished, crashed] = [
      { id: uuidv7(), imageId: image.id, keys: ["derivatives/1"] },
      { id: uuidv7(), imageId: image.id, keys: ["derivatives/2"] },
    ];
    await catalog.objects.notePut(finished);
    assert.equal(await catalog.objects.finishPut(finished), true);
    await catalog.objects.notePut(crashed);
    assert.equal(await catalog.objects.giveUpOldPuts(10), 1);
    assert.deepEqual(await catalog.objects.takeDeletions(10), []);
  });

  test("more objects of an image that has gone must go", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const put = { id: uuidv7(), imageId: uuidv7(), keys: ["derivatives/1"] };
    await catalog.objects.notePut(put);
    assert.equal(await catalog.objects.finishPut(put), false);
    assert.equal(await catalog.objects.giveUpOldPuts(10), 1);
    assert.deepEqual(await catalog.objects.takeDeletions(10), put.keys);
  });

  test("the objects of a duplicate must go", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const owner = await person(catalog);
    const image = await added(catalog, imageOf(owner));
    const again = imageOf(owner, { sha256: image.sha256 });
    await add(catalog, again);
    assert.equal(await catalog.objects.giveUpOldPuts(10), 1);
    assert.deepEqual(await catalog.objects.takeDeletions(10), keysOf(again));
  });
}

function describeJobNotes(open: Open): void {
  const jobOf = (owner: User) => ({
    ...{ id: uuidv7(), ownerId: owner.id, visibility: "public" as const, createdAt: noon },
    files: [{ name: "a.jpg", bytes: 1, sha256: "ab".repeat(32) }],
  });

  test("files of a job are awaited from the moment they are noted", async (t) => {
    const catalog = await open(t);
    const job = jobOf(await person(catalog));
    const file = { jobId: job.id, position: 0 };
    assert.deepEqual(await catalog.jobs.whichWait([file]), []);
    await catalog.objects.notePut({ id: job.id, imageId: job.id, keys: [`incoming/${job.id}/0`] });
    assert.deepEqual(await catalog.jobs.whichWait([file]), [file]);
    await catalog.jobs.add(job);
    assert.deepEqual(await catalog.jobs.whichWait([file, { ...file, position: 1 }]), [file]);
  });

  test("of files whose put was given up nobody makes a job any more", async (t) => {
    const catalog = await open(t, { putMsMax: 0 });
    const owner = await person(catalog);
    const job = jobOf(owner);
    await catalog.objects.notePut({ id: job.id, imageId: job.id, keys: [`incoming/${job.id}/0`] });
    await catalog.objects.giveUpOldPuts(10);
    await assert.rejects(catalog.jobs.add(job), { code: "bucket-unavailable" });
    assert.equal(await catalog.jobs.find(job.id, owner.id), undefined);
    assert.deepEqual(await catalog.jobs.whichWait([{ jobId: job.id, position: 0 }]), []);
  });
}

function describeDeletions(open: Open): void {
  test("a deletion is repeated once, when no put can arrive any more", async (t) => {
    const putMsMax = 200;
    const catalog = await open(t, { putMsMax });
    const image = await added(catalog, imageOf(await person(catalog)));
    await catalog.images.remove(image.id, image.owner.id);
    await catalog.objects.confirmDeletions(keysOf(image));
    assert.deepEqual(await catalog.objects.takeDeletions(10), []);
    await delay(putMsMax + 50);
    assert.deepEqual(await catalog.objects.takeDeletions(10), keysOf(image));
    await catalog.objects.confirmDeletions(keysOf(image));
    await delay(putMsMax + 50);
    assert.deepEqual(await catalog.objects.takeDeletions(10), []);
  });

  test("several who take deletions share them; those that were not confirmed in time are taken again", async (t) => {
    const putMsMax = 500;
    const catalog = await open(t, { putMsMax });
    const owner = await person(catalog);
    const images = await Promise.all(Array.from({ length: 10 }, () => added(catalog, imageOf(owner))));
    for (const image of images) await catalog.images.remove(image.id, owner.id);
    const shares = await Promise.all(Array.from({ length: 6 }, () => catalog.objects.takeDeletions(5)));
    const keys = images.flatMap(keysOf).toSorted();
    assert.deepEqual(new Set(shares.flat()).size, shares.flat().length);
    const left = await catalog.objects.takeDeletions(20);
    assert.deepEqual([...shares.flat(), ...left].toSorted(), keys);
    await delay(putMsMax + 50);
    assert.deepEqual((await catalog.objects.takeDeletions(20)).toSorted(), keys);
  });

  test("the objects of an image that came back are not deleted", async (t) => {
    const catalog = await open(t);
    const image = await added(catalog, imageOf(await person(catalog)));
    await catalog.images.remove(image.id, image.owner.id, ["derivatives/1"]);
    await added(catalog, image);
    assert.deepEqual(await catalog.objects.takeDeletions(10), ["derivatives/1"]);
  });
}
