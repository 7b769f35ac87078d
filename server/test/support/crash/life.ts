/**
 * A program to be killed: it says "ready", waits for a line, then uploads, opens, derives anew and deletes images, several at once, and sweeps, by the
 * product's own use cases. It says what it was answered, and before a deletion that it asks for it. Started with its settings as JSON.
 */
import { randomInt } from "node:crypto";
import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { openBucket } from "../../../src/buckets/open-bucket.ts";
import { stagingFolder } from "../../../src/buckets/staging-folder.ts";
import { Failure } from "../../../src/errors.ts";
import { deleteImage } from "../../../src/images/delete-image.ts";
import { openFile, openThumbnail } from "../../../src/images/open-file.ts";
import { renewImage } from "../../../src/images/renew-image.ts";
import { uploadImage } from "../../../src/images/upload-image.ts";
import type { User } from "../../../src/ports.ts";
import { openCatalog } from "../../../src/postgres/catalog.ts";
import { noParts } from "../../../src/search/part-index.ts";
import { sweep } from "../../../src/worker/sweeper.ts";
import { type Death, dyingPorts } from "./dying-ports.ts";
import { contentOf, madeDecoder } from "./made-pictures.ts";

/** What it is told. */
export interface LifeSettings {
  readonly databaseUrl: string;
  readonly bucketUrl: string;
  readonly bucketSettings: Readonly<Record<string, string>>;
  readonly staging: string;
  readonly putMsMax: number;
  /** Begins the names of what it alone uploads. */
  readonly name: string;
  readonly owner: User;
  readonly stranger: User;
  readonly death: Death | undefined;
}

const workers = 4;
const sharedNames = 40;
const sweepMs = 25;
/** Few enough that lives meet at the same image. */
const renewedAmong = 20;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const settings: LifeSettings = JSON.parse(process.argv[2] ?? "");
const { owner, stranger } = settings;
const catalog = await openCatalog({ url: settings.databaseUrl, putMsMax: settings.putMsMax, connectionsMax: 5 });
const bucket = await openBucket(settings.bucketUrl, { environment: settings.bucketSettings });
const staging = await stagingFolder(settings.staging);
const notMade = { hash: never, overlay: never };
const decoder = { ...madeDecoder(), ...notMade, close: async () => {} };
const clock = { now: () => new Date() };
// It does not search: who watches it does, by an index of its own.
const index = {
  add: () => {},
  remove: () => {},
  near: never,
  count: never,
  countPublic: never,
  lagMs: () => 0,
  check: () => {},
};
const signal = new AbortController().signal;
const ports = { ...dyingPorts({ catalog, bucket }, settings.death), staging, decoder, clock, index, parts: noParts };
const mine: string[] = [];

function never(): never {
  throw new Error("A life to be killed neither decodes nor searches.");
}

async function upload(name: string): Promise<void> {
  const file = await staging.stage([contentOf(name)] as unknown as AsyncIterable<Uint8Array>, {
    bytesMax: 1e6,
    signal,
  });
  const parts = randomInt(4) === 0 ? "later" : "now";
  const { image } = await uploadImage(ports, { file, name, visibility: "public", owner, parts }, signal).then(mustStay);
  await staging.discard(file);
  say(`kept ${image.id} ${name}`);
  mine.push(image.id);
}

function mustStay(uploaded: Awaited<ReturnType<typeof uploadImage>>): Extract<typeof uploaded, { image: unknown }> {
  if (uploaded.kind === "withdrawn") throw new Error("expected an upload that is no job's");
  return uploaded;
}

async function remove(id: string): Promise<void> {
  say(`ask ${id}`);
  await deleteImage(ports, id, owner);
  say(`gone ${id}`);
}

/** Derives an image anew, anyone's, or shows its thumbnail, which it has lost now and then. */
async function renewOrShow(): Promise<void> {
  const { items } = await catalog.images.list(owner.id, { limit: renewedAmong });
  const image = items[randomInt(items.length + 1)];
  if (!image) return;
  if (randomInt(2) === 0) await bucket.delete(image.keys.thumbnail);
  if (randomInt(2) === 0) await renewImage(ports, image.id, signal);
  else await openThumbnail(ports, image.id, { viewer: stranger, signal });
}

/** What several at once may answer each other, and what may pass, is no fault. */
async function tolerant(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return;
    say(`fault ${(error instanceof Error ? (error.stack ?? error.message) : String(error)).replaceAll("\n", " | ")}`);
  }
}

async function work(worker: number): Promise<void> {
  for (let n = 0; ; n++) {
    const name = n % 3 === 0 ? `shared ${randomInt(sharedNames)}` : `${settings.name} ${worker} ${n}`;
    await tolerant(() => upload(name));
    if (n % 2 === 1) await tolerant(renewOrShow);
    const id = mine[randomInt(mine.length + 1)];
    if (id) await tolerant(() => openFile(ports, id, { viewer: stranger, signal }));
    const gone = n % 2 === 0 ? mine.splice(randomInt(mine.length + 1), 1)[0] : undefined;
    if (gone) await tolerant(() => remove(gone));
    await delay(randomInt(3));
  }
}

say("ready");
process.stdin.once("data", () => {
  const onError = (error: unknown): void => say(`swept with ${String(error).replaceAll("\n", " | ")}`);
  void sweep(ports, { signal, intervalMs: sweepMs, onError });
  for (let worker = 0; worker < workers; worker++) void work(worker);
});
