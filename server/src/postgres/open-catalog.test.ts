import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "./catalog.ts";
import { openDatabase } from "./database.ts";
import { findFreePort } from "./embedded/postmaster.ts";
import { insertImages, insertUser } from "./testing/sample-images.ts";

/** Starts to pass connections on to the database, as a server does that was started a little later. */
function listenLater(t: TestContext, port: number, url: URL): void {
  const proxy = createServer((socket) => {
    const database = connect(Number(url.port), url.hostname);
    socket.on("error", () => database.destroy()).pipe(database);
    database.on("error", () => socket.destroy()).pipe(socket);
  });
  const timer = setTimeout(() => proxy.listen(port, "127.0.0.1"), 400);
  t.after(() => {
    clearTimeout(timer);
    proxy.close();
  });
}

test("a server that is started a little later is waited for", async (t) => {
  const url = new URL((await testDatabase(t)).url);
  const port = await findFreePort();
  listenLater(t, port, new URL(url));
  url.port = `${port}`;
  const catalog = await openCatalog({ url: url.href });
  await catalog.check(AbortSignal.timeout(5_000));
  await catalog.close();
});

test("a server that never answers stops the start in a sentence", async () => {
  const url = `postgres://utsuru:secret@127.0.0.1:${await findFreePort()}/none`;
  await assert.rejects(openCatalog({ url, patienceMs: 300 }), (error: Error) => {
    assert.equal(error.name, "StartError");
    assert.match(error.message, /^The PostgreSQL server does not answer: connect ECONNREFUSED/);
    return !error.message.includes("secret");
  });
});

test("a wrong password or database stops the start at once, in a sentence", async (t) => {
  const { url } = await testDatabase(t);
  const [wrongPassword, wrongDatabase] = [new URL(url), new URL(url)];
  wrongPassword.password = "guess";
  wrongDatabase.pathname = "/elsewhere";
  await assert.rejects(openCatalog({ url: wrongPassword.href }), {
    name: "StartError",
    message: /does not let Utsuru in: password authentication failed/,
  });
  await assert.rejects(openCatalog({ url: wrongDatabase.href }), {
    name: "StartError",
    message: /does not let Utsuru in: database "elsewhere" does not exist/,
  });
});

/** A user with no special rights, and an empty database; both go with the test. */
async function ordinaryUser(t: TestContext, rights: "owns the database" | "none"): Promise<string> {
  const { url } = await testDatabase(t);
  const admin = openDatabase({ url, connectionsMax: 1 });
  const name = `ordinary_${process.pid}_${randomInt(1e9)}`;
  await admin.query(`create role ${name} login password 'ordinary'`, []);
  await admin.query(`create database ${name} template template0 ${rights === "none" ? "" : `owner ${name}`}`, []);
  t.after(async () => {
    await admin.query(`drop database ${name} with (force)`, []);
    await admin.query(`drop role ${name}`, []);
    await admin.close();
  });
  const theirs = new URL(url);
  [theirs.username, theirs.password, theirs.pathname] = [name, "ordinary", `/${name}`];
  return theirs.href;
}

test("a user who owns the database needs no other right, neither to migrate nor to follow changes", async (t) => {
  const url = await ordinaryUser(t, "owns the database");
  const catalog = await openCatalog({ url });
  const [database, following] = [openDatabase({ url, connectionsMax: 2 }), new AbortController()];
  const from = await catalog.changes.position();
  const [id] = await insertImages(database, await insertUser(database), 1);
  for await (const event of catalog.changes.follow(from, following.signal)) {
    if (event.kind === "changes")
      assert.deepEqual(
        event.changes.map(({ imageId }) => imageId),
        [id],
      );
    else following.abort();
    assert.notEqual(event.kind, "lost");
  }
  await catalog.changes.prune(new Date());
  await Promise.all([catalog.close(), database.close()]);
});

test("a user who may not make tables is told which right is missing", async (t) => {
  const url = await ordinaryUser(t, "none");
  await assert.rejects(openCatalog({ url }), { name: "StartError", message: /may not make tables/ });
});
