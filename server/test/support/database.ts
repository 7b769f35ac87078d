import { after } from "node:test";
import type { Ending } from "./at-end.ts";
import { type Server, startEmbeddedServer } from "./embedded-server.ts";
import { findServer } from "./system-server.ts";
import { execute, makeTemplate, urlOf } from "./template-database.ts";

/** A database of a test's own, with the newest schema and nothing in it. */
export interface TestDatabase {
  readonly url: string;
}

/**
 * A database of the test's own on the embedded PostgreSQL, which all tests of the process share and which ends with it.
 * The first call takes about 2 s, the others some 100 ms. Nothing needs to be tidied up.
 */
export const testDatabase: (t: Ending) => Promise<TestDatabase> = databasesOn(startEmbeddedServer);

const found = findServer();

/**
 * The same on a PostgreSQL server that is not ours: the one of UTSURU_TEST_DATABASE_URL, or a scratch one of the machine's own
 * programs. `skip` says why there is none.
 */
export const serverDatabases: {
  readonly name: string;
  readonly skip: string | false;
  readonly testDatabase: (t: Ending) => Promise<TestDatabase>;
} = { name: found.name, skip: found.skip, testDatabase: databasesOn(found.start) };

/** Databases on a server that is started by the first call and stopped after the last test; called once for each server, at the top of a file. */
export function databasesOn(start: () => Promise<Server>): (t: Ending) => Promise<TestDatabase> {
  const ownTemplate = `utsuru_template_${process.pid}`;
  let server: Promise<Required<Server>> | undefined;
  let databases = 0;
  const over: string[] = [];
  // Not by the test's own hook: hooks run in the order of their registration, so the test's connections are still open then.
  const dropThoseOver = async (url: string): Promise<void> => {
    for (const name of over.splice(0)) await execute(url, `drop database ${name} with (force)`);
  };
  // Registered now, on the root suite: it runs when all tests of the file are over.
  after(async () => {
    if (!server) return;
    const { url, template, stop } = await server;
    if (template === ownTemplate) over.push(template);
    await dropThoseOver(url);
    await stop();
  });
  const startWithTemplate = async (): Promise<Required<Server>> => {
    const started = await start();
    if (started.template === undefined) await makeTemplate(started.url, ownTemplate);
    return { template: ownTemplate, ...started };
  };
  return async (t) => {
    server ??= startWithTemplate();
    const { url, template } = await server;
    const name = `utsuru_test_${process.pid}_${++databases}`;
    await dropThoseOver(url);
    await execute(url, `create database ${name} template ${template}`);
    t.after(() => void over.push(name));
    return { url: urlOf(url, name) };
  };
}
