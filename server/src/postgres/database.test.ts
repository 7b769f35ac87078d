import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testDatabase } from "../../test/support/database.ts";
import { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
import { findFreePort } from "./embedded/postmaster.ts";

const unavailable = { name: "Failure", code: "database-unavailable" };

async function arrange(t: TestContext, options: Partial<DatabaseOptions> = {}): Promise<Database> {
  const { url } = await testDatabase(t);
  const database = openDatabase({ url, ...options });
  t.after(() => database.close());
  return database;
}

/** Breaks every connection to the database, as a restart of it does. */
async function breakConnections(url: string): Promise<void> {
  const other = openDatabase({ url, connectionsMax: 1 });
  await other.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    [],
  );
  await other.close();
}

test("numbers that PostgreSQL counts arrive as numbers", async (t) => {
  const database = await arrange(t);
  const rows = await database.query(
    "select count(*), bit_count(b'111'), 4294967295::bigint as big from generate_series(1, 3)",
    [],
  );
  assert.deepEqual(rows, [{ count: 3, bit_count: 3, big: 4_294_967_295 }]);
});

test("a transaction is whole or not at all", async (t) => {
  const database = await arrange(t);
  await database.query("create table numbers (number integer)", []);
  const insert = async (number: number, fail: boolean): Promise<void> =>
    database.transaction(async (connection) => {
      await connection.query("insert into numbers values ($1)", [number]);
      if (fail) throw new Error("changed my mind");
    });
  await insert(1, false);
  await assert.rejects(insert(2, true), /changed my mind/);
  assert.deepEqual(await database.query("select number from numbers", []), [{ number: 1 }]);
});

test("a database that nobody runs is unavailable, with a time to come back", async (t) => {
  const database = openDatabase({ url: `postgres://127.0.0.1:${await findFreePort()}/none` });
  t.after(() => database.close());
  await assert.rejects(database.query("select 1", []), { ...unavailable, retryAfterS: 5 });
  await assert.rejects(database.check(AbortSignal.timeout(1_000)), unavailable);
});

test("a database that takes connections and says nothing is unavailable in bounded time", async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  const port = await findFreePort();
  await new Promise<void>((listening) => silent.listen(port, "127.0.0.1", listening));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const database = openDatabase({ url: `postgres://127.0.0.1:${port}/none`, connectTimeoutMs: 300 });
  t.after(() => database.close());
  await assert.rejects(database.query("select 1", []), unavailable);
  await assert.rejects(database.check(AbortSignal.timeout(50)), unavailable);
});

test("broken connections cost the statements under way, and soon nothing more", async (t) => {
  const { url } = await testDatabase(t);
  const database = openDatabase({ url });
  t.after(() => database.close());
  await database.query("create table numbers (number integer)", []);
  const slow = database.query("select pg_sleep(10)", []);
  const between = database.transaction(async (connection) => {
    await connection.query("insert into numbers values (1)", []);
    await delay(400);
    await connection.query("insert into numbers values (2)", []);
  });
  await delay(200);
  await Promise.all([assert.rejects(slow, unavailable), assert.rejects(between, unavailable), breakConnections(url)]);
  await delay(200); // by then the idle connections have heard of it too
  assert.deepEqual(await database.query("select * from numbers", []), []);
});

test("a statement that takes longer than its limit is given up", async (t) => {
  const database = await arrange(t, { statementTimeoutMs: 100 });
  await assert.rejects(database.query("select pg_sleep(10)", []), unavailable);
  assert.deepEqual(await database.query("select 1 as one", []), [{ one: 1 }]);
});

test("who waits for a connection longer than the limit is told so", async (t) => {
  const database = await arrange(t, { connectionsMax: 1, connectTimeoutMs: 100 });
  const slow = database.query("select pg_sleep(0.5)", []);
  await assert.rejects(database.query("select 1", []), unavailable);
  await slow;
});

test("a mistake of ours stays what it is", async (t) => {
  const database = await arrange(t);
  await assert.rejects(database.query("select nonsense", []), { code: "42703" });
});
