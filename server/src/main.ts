#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTar } from "./archives/tar-reader.ts";
import { createTar } from "./archives/tar-writer.ts";
import { backUpLibrary } from "./backup/back-up-library.ts";
import { checkBackup } from "./backup/check-backup.ts";
import { formerPictures } from "./backup/former-pictures.ts";
import { abandonRestore, keepRestored } from "./backup/give-up-restore.ts";
import { openBackup } from "./backup/read-backup.ts";
import { restoreLibrary } from "./backup/restore-library.ts";
import { copyBucket } from "./buckets/copy-bucket.ts";
import { openBucket } from "./buckets/open-bucket.ts";
import { snapshotFile } from "./buckets/snapshot-file.ts";
import { stagingFolder } from "./buckets/staging-folder.ts";
import type { BackUp } from "./cli/backup.ts";
import type { CopyBuckets } from "./cli/bucket-copy.ts";
import { buildProgram } from "./cli/program.ts";
import type { AbandonRestore, CheckBackup, KeepRestored, Restore } from "./cli/restore.ts";
import { closers } from "./closers.ts";
import { type Config, ConfigError, environmentWithFile, ownBucketUrl, readConfig } from "./config.ts";
import { secretOf } from "./credentials/secret-file.ts";
import type { LibraryPorts } from "./doctor/examine-library.ts";
import { StartError } from "./errors.ts";
import type { Ports } from "./http/app.ts";
import { type DecoderPool, decoderPool } from "./pixels/decoder-pool.ts";
import { formatOf } from "./pixels/format.ts";
import type { ArchiveEntry, Queue } from "./ports.ts";
import { schemaVersion } from "./postgres/backup/tables.ts";
import type { CatalogOptions } from "./postgres/catalog.ts";
import { findRunningEmbedded } from "./postgres/embedded/running-embedded.ts";
import { hasEmbedded, startEmbedded } from "./postgres/embedded.ts";
import { lockFolder } from "./postgres/folder-lock.ts";
import { databaseIndex } from "./search/database-index.ts";
import { openSearchIndex } from "./search/open-search-index.ts";
import { noParts } from "./search/part-index.ts";
import { openPartIndex } from "./threads/part-worker.ts";
import { openShardedIndex } from "./threads/sharded-index.ts";
import { shardsFor } from "./threads/shards-for.ts";
import { runWorkers, type WorkerPorts } from "./worker/run-workers.ts";
import { type SweeperPorts, sweep } from "./worker/sweeper.ts";

// Composition root: the environment becomes a configuration, the configuration adapters; the command line chooses the role.
// What is large and only some roles need, web framework and database, is loaded by those: any other command starts in half the time.

type Closing = ReturnType<typeof closers>;

/** How long a command lets a picture be decoded: on a busy machine that may take long, and nobody waits for it. */
const commandTimeoutMs = 60_000;

/** Serves until SIGTERM or SIGINT, then drains: requests in flight finish, and everything is closed in the reverse order of its opening. */
async function serve(): Promise<void> {
  const config = readConfig(environment());
  await untilStopped(async (closing) => {
    const [ports, { serveHttp }] = await Promise.all([openPorts(config, closing), import("./http/serve.ts")]);
    const server = await serveHttp(ports, { ...config, pageFolder: pageFolder() });
    closing.add(() => server.close());
    await startBackground(ports, { config, closing });
    return `Utsuru is ready: ${server.url}`;
  });
}

/** Does the tasks of the queue that servers share, until SIGTERM or SIGINT; those in hand are finished or given back. */
async function work(): Promise<void> {
  const config = readConfig(environment());
  refuseUnshared(config);
  await untilStopped(async (closing) => {
    const stores = await openStores(config, closing);
    await startBackground({ ...stores, index: noIndex, parts: noIndex }, { config, closing });
    return "Utsuru is at work.";
  });
}

/** Lends the queue to a command, beside a server that runs or without one. */
function lendQueue(use: (queue: Queue) => Promise<boolean>): Promise<boolean> {
  return lend(async (config, closing) => use((await openBeside(config, closing, { mustExist: true })).catalog.queue));
}

/** Lends everything that the doctor looks at, beside a server that runs or without one. */
function lendLibrary(use: (ports: LibraryPorts) => Promise<boolean>): Promise<boolean> {
  return lend(async (config, closing) => {
    const { catalog, bucket, staging, databaseUrl } = await openStoresBeside(config, closing, { mustExist: true });
    const decoder = decoderPool({ processes: config.decoders, timeoutMs: commandTimeoutMs });
    closing.add(() => decoder.close());
    const { read } = snapshotFile(snapshotPath(config));
    // The snapshot is the server's to write.
    const snapshot = { read, write: async () => {} };
    const clock = { now: () => new Date() };
    const index = await openSearchIndex({ catalog, snapshot, clock, notice });
    closing.add(() => index.close());
    const parts = await openParts({ clock, databaseUrl }, { config, closing });
    return use({ catalog, bucket, staging, decoder, index, parts, atOnce: config.decoders });
  });
}

/** Backs up the library that the settings name, beside a server that runs or without one. */
function backUp(...[path, options]: Parameters<BackUp>): ReturnType<BackUp> {
  return lend(async (config, closing) => {
    const stores = await openStoresBeside(config, closing, { mustExist: true });
    const { writer: archive, formerPath } = await createTar(path);
    const former =
      formerPath === undefined ? undefined : formerPictures(await openArchive(formerPath, closing), stores.staging);
    try {
      const report = await backUpLibrary({ ...stores, archive, former }, { ...options, version: programVersion() });
      await archive.finish();
      return report;
    } catch (error) {
      await archive.abandon();
      throw error;
    }
  });
}

/** Restores a backup to the database and the bucket that the settings name. */
function restore(...[path, options]: Parameters<Restore>): ReturnType<Restore> {
  return lend(async (config, closing) => {
    const backup = await openBackup(await openArchive(path, closing));
    await makeDataFolder(config.dataFolder);
    return restoreLibrary(await openStoresBeside(config, closing, { mustExist: false }), backup, options);
  });
}

/** Takes out what an interrupted restore brought in. */
function abandon(options: Parameters<AbandonRestore>[0]): ReturnType<AbandonRestore> {
  return lend(async (config, closing) =>
    abandonRestore(await openStoresBeside(config, closing, { mustExist: true }), options),
  );
}

/** Ends an interrupted restore with what is there. */
function keep(): ReturnType<KeepRestored> {
  return lend(async (config, closing) => keepRestored(await openStoresBeside(config, closing, { mustExist: true })));
}

function checkFile(...[path, options]: Parameters<CheckBackup>): ReturnType<CheckBackup> {
  return lend(async (_config, closing) => {
    const archive = await openArchive(path, closing);
    const { manifest, ...seen } = await checkBackup(archive, { ...options, schema: schemaVersion });
    return { ...seen, backupId: manifest.id, takenAt: manifest.takenAt };
  });
}

/**
 * Whether a command beside a server is only for a library that is there. By a wrong setting or place a new one would be made otherwise, and
 * found to be well.
 */
interface BesideOptions {
  readonly mustExist: boolean;
}

async function openArchive(path: string, closing: Closing): Promise<AsyncIterable<ArchiveEntry>> {
  const { archive, close } = await openTar(path);
  closing.add(close);
  return archive;
}

function programVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String(version);
}

async function lend<T>(use: (config: Config, closing: Closing) => Promise<T>): Promise<T> {
  const closing = closers();
  try {
    return await use(readConfig(environment()), closing);
  } finally {
    await closing.close();
  }
}

/** The catalog, by the embedded database of a server that runs, if there is one. */
async function openBeside(
  config: Config,
  closing: Closing,
  { mustExist }: BesideOptions,
): Promise<Pick<Stores, "catalog" | "databaseUrl">> {
  if (mustExist && config.databaseUrl === undefined && !(await hasEmbedded(databaseFolder(config))))
    throw new StartError(`There is no library in ${config.dataFolder}; UTSURU_DATA says where it is.`);
  const running = config.databaseUrl ?? (await findRunningEmbedded(databaseFolder(config)));
  const databaseUrl = running ?? (await openEmbedded(config, closing));
  return { catalog: await openCatalog({ url: databaseUrl, mustExist }, closing), databaseUrl };
}

/** Catalog, bucket and a folder of their own for a command beside a server. */
async function openStoresBeside(
  config: Config,
  closing: Closing,
  options: BesideOptions,
): Promise<Omit<Stores, "decoder" | "clock">> {
  const stores = await openBeside(config, closing, options);
  const bucket = await openBucket(config.bucketUrl, { environment: config.bucketSettings, ...options });
  const folder = await mkdtemp(join(tmpdir(), "utsuru-staging-"));
  closing.add(() => rm(folder, { recursive: true, force: true }));
  return { ...stores, bucket, staging: await stagingFolder(folder) };
}

/** Opens a role, says that it is ready, and closes everything in the reverse order of its opening when it is told to end. */
async function untilStopped(open: (closing: Closing) => Promise<string>): Promise<void> {
  const closing = closers();
  const stopped = Promise.withResolvers<void>();
  // From the beginning: a start that is told to end comes to its end, then everything that it opened is closed.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopped.resolve());
  try {
    const ready = await open(closing);
    process.stdout.write(`${ready}\n`);
    await stopped.promise;
  } finally {
    await closing.close();
  }
}

/** What every role that touches the library works with. */
type Stores = Pick<Ports, "catalog" | "bucket" | "staging" | "clock"> & {
  readonly decoder: DecoderPool;
  readonly databaseUrl: string;
};

/** `urgentDecoders`: decoders for searches alone, beside those of the configuration. */
async function openStores(
  config: Config,
  closing: Closing,
  { urgentDecoders = 0 }: { readonly urgentDecoders?: number } = {},
): Promise<Stores> {
  await makeDataFolder(config.dataFolder);
  const lock = lockFolder(config.dataFolder);
  closing.add(() => lock.release());
  const databaseUrl = config.databaseUrl ?? (await openEmbedded(config, closing));
  const [catalog, bucket, staging] = await Promise.all([
    openCatalog({ url: databaseUrl, jobs: config.jobs, tries: config.taskTries, warn: notice }, closing),
    openBucket(config.bucketUrl, { environment: config.bucketSettings }),
    stagingFolder(join(config.dataFolder, "staging")),
  ]);
  const decoder = decoderPool({ processes: config.decoders, urgentProcesses: urgentDecoders });
  closing.add(() => decoder.close());
  return { catalog, bucket, staging, decoder, clock: { now: () => new Date() }, databaseUrl };
}

async function openPorts(config: Config, closing: Closing): Promise<Ports & Pick<Stores, "decoder">> {
  const stores = await openStores(config, closing, { urgentDecoders: 1 });
  const secret = config.secret === undefined ? await secretOf(config.dataFolder) : Buffer.from(config.secret);
  const { databaseUrl, ...shared } = stores;
  const [index, parts, { bcryptPasswords }, { joseTokens }] = await Promise.all([
    openIndex(stores, { config, closing }),
    openParts({ clock: stores.clock, databaseUrl }, { config, closing }),
    import("./credentials/bcrypt-passwords.ts"),
    import("./credentials/jose-tokens.ts"),
  ]);
  return { ...shared, index, parts, passwords: bcryptPasswords(), tokens: joseTokens(secret) };
}

/** A server that keeps no index in memory has none for parts either: 11 kB an image. */
async function openParts(
  { clock, databaseUrl }: Pick<Stores, "clock" | "databaseUrl">,
  { config, closing }: { config: Config; closing: Closing },
): Promise<Ports["parts"]> {
  if (config.index === "database") return noParts;
  const parts = await openPartIndex({ clock, notice }, { databaseUrl });
  closing.add(() => parts.close());
  return parts;
}

async function openIndex(
  { catalog, clock, databaseUrl }: Stores,
  { config, closing }: { config: Config; closing: Closing },
): Promise<Ports["index"]> {
  if (config.index === "database") {
    await catalog.codes.prepare();
    return databaseIndex(catalog);
  }
  const path = snapshotPath(config);
  const shards = config.indexThreads === "auto" ? shardsFor(await catalog.records.count()) : config.indexThreads;
  const index =
    shards === 0
      ? await openSearchIndex({ catalog, snapshot: snapshotFile(path), clock, notice })
      : await openShardedIndex({ clock, notice }, { databaseUrl, snapshotPath: path, shards });
  closing.add(() => index.close());
  return index;
}

/** A worker holds no index, of pictures or of parts: servers learn of what it takes in by the change feed. */
const noIndex = { add: () => {} };

/** A worker that has a database or a bucket to itself would wait for tasks that nobody can give it. */
function refuseUnshared(config: Config): void {
  if (config.databaseUrl === undefined)
    throw new ConfigError("utsuru work needs UTSURU_DATABASE_URL: the embedded database belongs to its server alone.");
  if (config.bucketUrl === ownBucketUrl(config.dataFolder))
    throw new ConfigError("utsuru work needs UTSURU_BUCKET: the folder beside the data belongs to its server alone.");
}

async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`The data folder cannot be made; UTSURU_DATA sets another: ${reason}.`, { cause });
  }
}

async function openCatalog(options: CatalogOptions, closing: Closing): Promise<Ports["catalog"]> {
  const postgres = await import("./postgres/catalog.ts");
  const catalog = await postgres.openCatalog(options);
  closing.add(() => catalog.close());
  return catalog;
}

async function openEmbedded(config: Config, closing: Closing): Promise<string> {
  const embedded = await startEmbedded({ directory: databaseFolder(config), warn: notice });
  closing.add(() => embedded.stop());
  return embedded.url;
}

/** What runs beside requests. */
async function startBackground(
  ports: WorkerPorts & SweeperPorts & Pick<Stores, "decoder">,
  { config, closing }: { config: Config; closing: Closing },
): Promise<void> {
  const start = (what: string, run: (options: BackgroundOptions) => Promise<void>): void => {
    const controller = new AbortController();
    const onError = (error: unknown): void => notice(`${what} will try again: ${String(error)}`);
    const done = run({ signal: controller.signal, onError });
    closing.add(() => {
      controller.abort();
      return done;
    });
  };
  start("The sweeper", (options) => sweep(ports, options));
  if (config.workers === 0) return;
  const onError = (error: unknown): void => notice(`A task failed and will be tried again: ${describe(error)}`);
  const working = await runWorkers(ports, { atOnce: config.workers, onError });
  closing.add(() => working.stop());
}

async function copyBuckets(...[from, to, options]: Parameters<CopyBuckets>): ReturnType<CopyBuckets> {
  const settings = environment();
  const source = await openBucket(from, { environment: settings, mustExist: true });
  const contentTypeOf = (key: string): string => (key.endsWith(".webp") ? "image/webp" : "application/octet-stream");
  return copyBucket(source, await openBucket(to, { environment: settings }), { ...options, contentTypeOf });
}

function snapshotPath({ dataFolder }: Config): string {
  return join(dataFolder, "index", "snapshot");
}

function databaseFolder({ dataFolder }: Config): string {
  return join(dataFolder, "database");
}

/** How long something runs beside requests, and who is told when it fails. */
interface BackgroundOptions {
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function environment(): ReturnType<typeof environmentWithFile> {
  return environmentWithFile(process.env, process.cwd());
}

/** Tells whoever runs the server what they should know. */
function notice(sentence: string): void {
  process.stderr.write(`utsuru: ${sentence}\n`);
}

/** The page as Vite built it, beside the server's own files; a server without it serves the API alone. */
function pageFolder(): string | undefined {
  const folder = fileURLToPath(new URL("../../web/dist", import.meta.url));
  return existsSync(join(folder, "index.html")) ? folder : undefined;
}

try {
  const openDecoder = (processes = 1) => decoderPool({ processes, timeoutMs: commandTimeoutMs });
  const isPicture = (head: Buffer): boolean => formatOf(head) !== undefined;
  await buildProgram({
    serve,
    work,
    lendQueue,
    lendLibrary,
    openDecoder,
    copyBuckets,
    backUp,
    restore,
    checkBackup: checkFile,
    abandonRestore: abandon,
    keepRestored: keep,
    isPicture,
    environment,
  }).parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
  process.stderr.write(`utsuru: ${error.message}\n`);
  process.exitCode = 1;
}
