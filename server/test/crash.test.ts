import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import pg from "pg";
import { openBucket } from "../src/buckets/open-bucket.ts";
import { stagingFolder } from "../src/buckets/staging-folder.ts";
import { bucketName, cloudServers, settingsOf } from "../src/buckets/testing/cloud-servers.ts";
import type { Bucket, Catalog, User } from "../src/ports.ts";
import { openCatalog } from "../src/postgres/catalog.ts";
import { sweep } from "../src/worker/sweeper.ts";
import { atEnd } from "./support/at-end.ts";
import { type Death, steps } from "./support/crash/dying-ports.ts";
import type { LifeSettings } from "./support/crash/life.ts";
import { Answers, checkLibrary, renewAll } from "./support/crash/watch.ts";
import { serverDatabases, testDatabase } from "./support/database.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

/** Kills, in all; `npm run test:crash` asks for more. */
const { UTSURU_TEST_CRASH_ROUNDS: rounds = "48" } = process.env;
/** After so many the library is brought to rest and checked. */
const roundsAtOnce = 24;
/** Short enough that puts are given up while they are under way, now and then. */
const putMsMax = 500;
const lanes = 2;
/** A life that dies at no step is killed after so many answers at most, and a few milliseconds. */
const answersMax = 25;
const momentMsMax = 20;
/** A step may never come so often; on a machine with load 30 it took longer than 5 s to come at all. */
const lifeMsMax = 60_000;

const program = fileURLToPath(new URL("support/crash/life.ts", import.meta.url));

type Store = Pick<LifeSettings, "bucketUrl" | "bucketSettings">;

/** A library that lives are let loose on. */
interface Trial {
  readonly catalog: Catalog;
  readonly bucket: Bucket;
  readonly owner: User;
  readonly answers: Answers;
  readonly settings: Omit<LifeSettings, "name" | "death" | "staging">;
  readonly folder: string;
}

async function startTrial(t: TestContext, databaseUrl: string, store: Store): Promise<Trial> {
  const catalog = await openCatalog({ url: databaseUrl, putMsMax });
  atEnd(t, () => catalog.close());
  const bucket = await openBucket(store.bucketUrl, { environment: store.bucketSettings });
  const [owner, stranger] = [await newUser(catalog), await newUser(catalog)];
  const settings = { ...store, databaseUrl, putMsMax, owner, stranger };
  return { catalog, bucket, owner, answers: new Answers(), settings, folder: await temporaryFolder(t) };
}

async function newUser({ accounts }: Catalog): Promise<User> {
  const email = `${randomUUID()}@example.org`;
  const user = await accounts.addUser({
    id: randomUUID(),
    email,
    emailKey: email,
    passwordHash: "none",
    createdAt: new Date(),
  });
  assert.ok(user);
  return user;
}

/** A process to be killed. */
interface Life {
  readonly child: ChildProcess;
  /** It waits to be let loose. */
  readonly ready: Promise<void>;
  readonly saidEnough: Promise<void>;
  /** It has ended, and all that it said was heard. */
  readonly heard: Promise<void>;
}

/** Starts a life that waits, so that its start costs no time between two kills. */
function newLife(trial: Trial, death: Death | undefined): Life {
  const name = randomUUID();
  const settings: LifeSettings = { ...trial.settings, name, death, staging: join(trial.folder, name) };
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {}); // it may be killed before it reads
  const lines = createInterface({ input: child.stdout });
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  let left = randomInt(answersMax);
  lines.on("line", (line) => {
    if (line === "ready") return resolve();
    trial.answers.hear(line);
    if (left-- === 0) setTimeout(enough.resolve, randomInt(momentMsMax));
  });
  const heard = once(lines, "close").then(() => resolve());
  return { child, ready, saidEnough: Promise.race([enough.promise, heard]), heard };
}

/** Lets lives loose one after another, each killed at its step, or at a random moment; returns how many died at their step. */
async function killInTurn(trial: Trial, deaths: readonly (Death | undefined)[]): Promise<number> {
  let died = 0;
  let next = newLife(trial, deaths[0]);
  for (const [i, death] of deaths.entries()) {
    const life = next;
    await life.ready;
    if (i + 1 < deaths.length) next = newLife(trial, deaths[i + 1]);
    life.child.stdin?.write("go\n");
    if (await endsWithin(death ? life.heard : life.saidEnough, lifeMsMax)) died += death ? 1 : 0;
    life.child.kill("SIGKILL");
    await life.heard;
    if (life.child.exitCode === null && life.child.signalCode === null) await once(life.child, "exit");
  }
  return died;
}

/** Whether something comes to its end by itself in time. */
async function endsWithin(end: Promise<void>, ms: number): Promise<boolean> {
  const clock = new AbortController();
  const late = delay(ms, false, { signal: clock.signal }).catch(() => false);
  const isOver = await Promise.race([end.then(() => true), late]);
  clock.abort();
  return isOver;
}

/** Sweeps until nothing is noted any more. */
async function bringToRest({ catalog, bucket, settings }: Trial): Promise<void> {
  const sweeping = new AbortController();
  const onError = (error: unknown): void => assert.fail(String(error));
  const clock = { now: () => new Date() };
  const done = sweep({ catalog, bucket, clock }, { signal: sweeping.signal, intervalMs: 50, onError });
  const client = new pg.Client({ connectionString: settings.databaseUrl });
  await client.connect();
  const until = Date.now() + 30_000;
  for (;;) {
    const { rows } = await client.query<{ notes: string }>(
      "select (select count(*) from bucket_puts) + (select count(*) from bucket_deletions) as notes",
    );
    if (rows[0]?.notes === "0") break;
    assert.ok(Date.now() < until, `${rows[0]?.notes} notes are left`);
    await delay(50);
  }
  await client.end();
  sweeping.abort();
  await done;
}

/** Every other life dies at a step, the steps in turn, all trials counted; the others at random moments. */
function deathsOf(first: number, count: number): (Death | undefined)[] {
  return Array.from({ length: count }, (_, i) => {
    const step = steps[Math.floor((first + i) / 2) % steps.length];
    return (first + i) % 2 === 0 && step ? { step, time: randomInt(1, 5) } : undefined;
  });
}

function describeCrashes(
  name: string,
  how: { readonly kills: number; readonly first: number; readonly skip: string | false },
  start: (t: TestContext) => Promise<Trial>,
): void {
  test(`nothing is lost and nothing left over, killed ${how.kills} times: ${name}`, { skip: how.skip }, async (t) => {
    const trial = await start(t);
    let died = 0;
    let last = { images: 0 };
    for (let done = 0; done < how.kills; done += roundsAtOnce) {
      const deaths = deathsOf(how.first + done, Math.min(roundsAtOnce, how.kills - done));
      const perLane = Array.from({ length: lanes }, (_, lane) =>
        deaths.slice((lane * deaths.length) / lanes, ((lane + 1) * deaths.length) / lanes),
      );
      const counts = await Promise.all(perLane.map((some) => killInTurn(trial, some)));
      died += counts.reduce((sum, count) => sum + count, 0);
      await renewAll(trial, await stagingFolder(join(trial.folder, "renewal")));
      await bringToRest(trial);
      last = await checkLibrary(trial, trial.answers);
    }
    const { kept, gone } = trial.answers;
    t.diagnostic(
      `${died} died at their step; ${kept.size} kept, ${gone.size} deleted, ${last.images} there at the end`,
    );
    assert.ok(kept.size > 0 && gone.size > 0 && died > 0);
  });
}

async function folderStore(t: TestContext): Promise<Store> {
  return { bucketUrl: pathToFileURL(await temporaryFolder(t)).href, bucketSettings: {} };
}

/** An emulator: the first of its kind that can be started here. */
function emulatorOf(scheme: "gs" | "s3"): StoreKind {
  const kinds = cloudServers.filter((server) => server.scheme === scheme);
  const kind = kinds.find(({ missing }) => missing === undefined) ?? kinds[0];
  assert.ok(kind);
  const open = async (t: TestContext): Promise<Store> => {
    const server = await kind.start();
    atEnd(t, () => server.stop());
    return { bucketUrl: `${scheme}://${bucketName}/t`, bucketSettings: settingsOf(scheme, server.endpoint) };
  };
  return { name: kind.name, skip: kind.missing ?? false, open };
}

interface StoreKind {
  readonly name: string;
  readonly skip: string | false;
  readonly open: (t: TestContext) => Promise<Store>;
}

const stores: readonly StoreKind[] = [
  { name: "a folder", skip: false, open: folderStore },
  emulatorOf("s3"),
  emulatorOf("gs"),
];
const databases = [{ name: "the embedded PostgreSQL", skip: false, testDatabase } as const, serverDatabases];
const trials = stores.flatMap((store) => databases.map((database) => ({ store, database })));
const kills = Math.ceil(Number(rounds) / trials.length);

for (const [at, { store, database }] of trials.entries()) {
  const how = { kills, first: at * kills, skip: store.skip || database.skip };
  describeCrashes(`${store.name}, ${database.name}`, how, async (t) =>
    startTrial(t, (await database.testDatabase(t)).url, await store.open(t)),
  );
}
