import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { serverDatabases, testDatabase } from "../../test/support/database.ts";
import type { ChangeFeed, FeedPosition, ImageChange } from "../ports.ts";
import { changeFeedIn } from "./change-feed.ts";
import { type Connection, type Database, openDatabase } from "./database.ts";
import { entriesOf } from "./entries.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";
import { announcer, listenForChanges } from "./wake-ups.ts";

interface Place {
  readonly url: string;
  readonly database: Database;
  readonly feed: ChangeFeed;
  readonly owner: string;
}

type NewDatabase = typeof testDatabase;

async function arrange(t: TestContext, newDatabase: NewDatabase, pollMs = 20): Promise<Place> {
  const { url } = await newDatabase(t);
  const database = openDatabase({ url, connectionsMax: 25 });
  const wakeUps = listenForChanges(url);
  t.after(() => Promise.all([wakeUps.close(), database.close()]));
  return {
    url,
    database,
    feed: changeFeedIn({ database, wakeUps, entriesOf }, { pollMs }),
    owner: await insertUser(database),
  };
}

/** One who follows a feed from a position on and writes down what is told. */
interface Follower {
  readonly told: readonly ImageChange[];
  readonly position: FeedPosition;
  readonly lost: boolean;
  /** Resolves when the feed has told all that was committed before the call. */
  caughtUp(): Promise<void>;
  /** Resolves when an image was told of. */
  hears(imageId: string): Promise<void>;
  stop(): Promise<void>;
}

function follow(t: TestContext, feed: ChangeFeed, from: FeedPosition): Follower {
  const stopping = new AbortController();
  const told: ImageChange[] = [];
  const state = { position: from, asOf: new Date(0), lost: false };
  const running = (async () => {
    for await (const event of feed.follow(from, stopping.signal)) {
      if (event.kind === "changes") told.push(...event.changes);
      else if (event.kind === "reached") Object.assign(state, event);
      else state.lost = true;
    }
  })();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  t.after(stop);
  return {
    told,
    get position() {
      return state.position;
    },
    get lost() {
      return state.lost;
    },
    caughtUp: () => {
      const now = new Date();
      return until(() => state.asOf > now || state.lost);
    },
    hears: (imageId) => until(() => told.some((change) => change.imageId === imageId)),
    stop,
  };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    assert.ok(Date.now() < end, "it did not come to pass within 20 s");
    await delay(5);
  }
}

const idsOf = (changes: readonly ImageChange[]): string[] => changes.map(({ imageId }) => imageId);

/** A transaction that stays open until it is told how to end. */
function openTransaction<T>(database: Database, work: (on: Connection) => Promise<T>) {
  const worked = Promise.withResolvers<T>();
  const end = Promise.withResolvers<void>();
  const done = database.transaction(async (on) => {
    worked.resolve(await work(on));
    await end.promise;
  });
  return {
    worked: worked.promise,
    commit: async () => {
      end.resolve();
      await done;
    },
  };
}

for (const [name, newDatabase, skip] of [
  ["the embedded PostgreSQL", testDatabase, false],
  [serverDatabases.name, serverDatabases.testDatabase, serverDatabases.skip],
] as const) {
  describe(`the change feed of ${name}`, { skip }, () => {
    describeWhatIsTold(newDatabase);
    describeOrder(newDatabase);
    describePositions(newDatabase);
    describeWaiting(newDatabase);
  });
}

function describeWhatIsTold(newDatabase: NewDatabase): void {
  test("images that come, change and go are told as what they are now", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const [kept = "", gone = "", hidden = "", recoded = ""] = await insertImages(database, owner, 4);
    const follower = follow(t, feed, await feed.position());
    const [fresh = ""] = await insertImages(database, owner, 1);
    await database.query("delete from images where id = $1", [gone]);
    await database.query("update images set visibility = 'private' where id = $1", [hidden]);
    await database.query("update fingerprints set code = repeat('1', 256)::bit(256) where image_id = $1", [recoded]);
    await follower.caughtUp();
    const entries = new Map(follower.told.map(({ imageId, entry }) => [imageId, entry]));
    assert.deepEqual(new Set(entries.keys()), new Set([fresh, gone, hidden, recoded]));
    assert.equal(entries.get(fresh)?.audience, 0);
    assert.equal(entries.get(gone), undefined);
    assert.ok((entries.get(hidden)?.audience ?? 0) > 0);
    assert.ok(entries.get(recoded)?.fingerprints[0]?.code.every((byte) => byte === 255));
    assert.ok(!entries.has(kept));
    assert.equal(follower.told.length, 4);
  });

  test("an owner who goes takes all images along, and each is told", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const ids = await insertImages(database, owner, 10);
    const follower = follow(t, feed, await feed.position());
    await database.query("delete from users where id = $1", [owner]);
    await follower.caughtUp();
    assert.deepEqual(idsOf(follower.told).sort(), ids.sort());
    assert.ok(follower.told.every(({ entry }) => entry === undefined));
  });

  test("more changes than fit a page are told once each", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const from = await feed.position();
    const ids = await insertImages(database, owner, 12_000);
    const follower = follow(t, feed, from);
    await follower.caughtUp();
    assert.equal(follower.told.length, 12_000);
    assert.deepEqual(new Set(idsOf(follower.told)), new Set(ids));
  });
}

function describeOrder(newDatabase: NewDatabase): void {
  test("a transaction that began first and commits last is not missed", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const follower = follow(t, feed, await feed.position());
    const early = openTransaction(database, (on) => insertImages(on, owner, 1));
    const [slow = ""] = await early.worked;
    const [quick = ""] = await insertImages(database, owner, 1);
    await follower.caughtUp();
    assert.deepEqual(idsOf(follower.told), [quick]); // nor does it hold up the others
    await early.commit();
    await follower.caughtUp();
    assert.deepEqual(idsOf(follower.told), [quick, slow]);
  });

  test("what is undone is not told", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const follower = follow(t, feed, await feed.position());
    const undone = database.transaction(async (on) => {
      await insertImages(on, owner, 1);
      throw new Error("undo");
    });
    await assert.rejects(undone, /undo/);
    await follower.caughtUp();
    assert.deepEqual(follower.told, []);
  });

  test("twenty writers with transactions of random length: each committed image is told once, no other", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase, 1);
    const followers = [follow(t, feed, await feed.position())];
    const committed: string[] = [];
    const write = async (): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        const ids: string[] = [];
        const fate = randomInt(5);
        const ended = database.transaction(async (on) => {
          ids.push(...(await insertImages(on, owner, randomInt(1, 4))));
          await delay(randomInt(30));
          if (fate === 0) throw new Error("undo");
          if (fate === 1) await on.query("delete from images where id = $1", [ids.pop()]);
        });
        await (fate === 0 ? assert.rejects(ended, /undo/) : ended.then(() => committed.push(...ids)));
      }
    };
    await Promise.all(Array.from({ length: 20 }, write));
    await followers[0]?.caughtUp();
    for (const { told } of followers) {
      const present = idsOf(told.filter(({ entry }) => entry !== undefined));
      assert.equal(new Set(present).size, present.length);
      assert.deepEqual(present.sort(), committed.sort());
    }
  });
}

function describePositions(newDatabase: NewDatabase): void {
  test("a follower who stopped goes on where it was, without what it knows", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const first = follow(t, feed, await feed.position());
    const open = openTransaction(database, (on) => insertImages(on, owner, 1));
    const [underWay = ""] = await open.worked;
    const [known = ""] = await insertImages(database, owner, 1);
    await first.caughtUp();
    await first.stop();
    await open.commit();
    const [fresh = ""] = await insertImages(database, owner, 1);
    const second = follow(t, feed, first.position);
    await second.caughtUp();
    assert.deepEqual(idsOf(first.told), [known]);
    assert.deepEqual(idsOf(second.told), [underWay, fresh]);
  });

  test("reading all entries after taking the position leaves no gap", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const open = openTransaction(database, (on) => insertImages(on, owner, 1));
    const [underWay = ""] = await open.worked;
    const from = await feed.position();
    await open.commit();
    const follower = follow(t, feed, from);
    await follower.caughtUp();
    assert.deepEqual(idsOf(follower.told), [underWay]);
  });

  test("a position older than what was cleared away is lost, a younger one is not", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const old = await feed.position();
    await insertImages(database, owner, 3);
    const young = await feed.position();
    const border = new Date();
    assert.equal(await feed.prune(border), 3);
    const [fresh = ""] = await insertImages(database, owner, 1);
    assert.equal(await feed.prune(border), 0);
    const [lost, kept] = [follow(t, feed, old), follow(t, feed, young)];
    await Promise.all([lost.caughtUp(), kept.hears(fresh)]);
    assert.deepEqual([lost.lost, kept.lost], [true, false]);
  });

  test("changes of a transaction that is under way are never cleared away", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const follower = follow(t, feed, await feed.position());
    const open = openTransaction(database, (on) => insertImages(on, owner, 1));
    const [underWay = ""] = await open.worked;
    await feed.prune(new Date(Date.now() + 60_000));
    await open.commit();
    await follower.hears(underWay);
    assert.equal(follower.lost, false);
  });

  test("a position of another database, or none at all, is lost", async (t) => {
    const [one, other] = [await arrange(t, newDatabase), await arrange(t, newDatabase)];
    for (const position of [await other.feed.position(), "nonsense", ""]) {
      const follower = follow(t, one.feed, position);
      await follower.caughtUp();
      assert.equal(follower.lost, true, position);
    }
  });
}

function describeWaiting(newDatabase: NewDatabase): void {
  test("word of a change comes long before the next poll", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase, 60_000);
    const announce = announcer((text) => database.query(text, []));
    const follower = follow(t, feed, await feed.position());
    await delay(300); // by now it waits
    const [fresh = ""] = await insertImages(database, owner, 1);
    announce();
    await follower.hears(fresh);
  });

  test("broken connections leave nothing out", async (t) => {
    const { database, feed, owner } = await arrange(t, newDatabase);
    const follower = follow(t, feed, await feed.position());
    const ids = new Set<string>();
    for (let round = 0; round < 10; round++) {
      for (const id of await insertImages(database, owner, 5)) ids.add(id);
      await database
        .query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()", [])
        .catch(() => {}); // it ends its own connection too
      await delay(20);
    }
    await follower.caughtUp();
    assert.deepEqual(new Set(idsOf(follower.told)), ids);
  });

  test("following ends when the signal says so, also while it waits", async (t) => {
    const { feed } = await arrange(t, newDatabase, 60_000);
    const follower = follow(t, feed, await feed.position());
    await delay(200);
    await follower.stop();
  });
}
