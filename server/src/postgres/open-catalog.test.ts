import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { testDatabase } from "../../test/support/database.ts";
import { openCatalog } from "./catalog.ts";
import { findFreePort } from "./embedded/postmaster.ts";

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
