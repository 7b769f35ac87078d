#!/usr/bin/env node
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBucket } from "./buckets/open-bucket.ts";
import { snapshotFile } from "./buckets/snapshot-file.ts";
import { stagingFolder } from "./buckets/staging-folder.ts";
import { buildProgram } from "./cli/program.ts";
import { closers } from "./closers.ts";
import { type Config, ConfigError, environmentWithFile, readConfig } from "./config.ts";
import { bcryptPasswords } from "./credentials/bcrypt-passwords.ts";
import { joseTokens } from "./credentials/jose-tokens.ts";
import { secretOf } from "./credentials/secret-file.ts";
import { StartError } from "./errors.ts";
import type { Ports } from "./http/app.ts";
import { serveHttp } from "./http/serve.ts";
import { decoderPool } from "./pixels/decoder-pool.ts";
import { openCatalog } from "./postgres/catalog.ts";
import { startEmbedded } from "./postgres/embedded.ts";
import { lockFolder } from "./postgres/folder-lock.ts";
import { openSearchIndex } from "./search/open-search-index.ts";
import { sweep } from "./worker/sweeper.ts";

// Composition root: the environment becomes a configuration, the configuration adapters; the command line chooses the role.

type Closing = ReturnType<typeof closers>;

/** Serves until SIGTERM or SIGINT, then drains: requests in flight finish, and everything is closed in the reverse order of its opening. */
async function serve(): Promise<void> {
  const config = readConfig(environmentWithFile(process.env, process.cwd()));
  const closing = closers();
  try {
    const ports = await openPorts(config, closing);
    const stopped = Promise.withResolvers<void>();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stopped.resolve());
    const server = await serveHttp(ports, { ...config, pageFolder: pageFolder() });
    closing.add(() => server.close());
    process.stdout.write(`Utsuru is ready: ${server.url}\n`);
    const sweeping = startSweeper(ports);
    closing.add(() => sweeping.stop());
    await stopped.promise;
  } finally {
    await closing.close();
  }
}

async function openPorts(config: Config, closing: Closing): Promise<Ports> {
  await makeDataFolder(config.dataFolder);
  const lock = lockFolder(config.dataFolder);
  closing.add(() => lock.release());
  const secret = config.secret === undefined ? await secretOf(config.dataFolder) : Buffer.from(config.secret);
  const [catalog, bucket, staging] = await Promise.all([
    openDatabase(config, closing),
    openBucket(config.bucketUrl, { environment: config.bucketSettings }),
    stagingFolder(join(config.dataFolder, "staging")),
  ]);
  const decoder = decoderPool({ processes: config.decoders });
  closing.add(() => decoder.close());
  const clock = { now: () => new Date() };
  const snapshot = snapshotFile(join(config.dataFolder, "index", "snapshot"));
  const index = await openSearchIndex({ catalog, snapshot, clock, notice });
  closing.add(() => index.close());
  return { catalog, bucket, staging, decoder, index, clock, passwords: bcryptPasswords(), tokens: joseTokens(secret) };
}

async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`The data folder cannot be made; UTSURU_DATA sets another: ${reason}.`, { cause });
  }
}

async function openDatabase(config: Config, closing: Closing): Promise<Ports["catalog"]> {
  const url = config.databaseUrl ?? (await openEmbedded(config, closing));
  const catalog = await openCatalog({ url });
  closing.add(() => catalog.close());
  return catalog;
}

async function openEmbedded(config: Config, closing: Closing): Promise<string> {
  const embedded = await startEmbedded({ directory: join(config.dataFolder, "database"), warn: notice });
  closing.add(() => embedded.stop());
  return embedded.url;
}

function startSweeper(ports: Ports): { stop(): Promise<void> } {
  const controller = new AbortController();
  const onError = (error: unknown): void => notice(`The sweeper will try again: ${String(error)}`);
  const done = sweep(ports, { signal: controller.signal, onError });
  return {
    stop: () => {
      controller.abort();
      return done;
    },
  };
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
  const openDecoder = (processes = 1) => decoderPool({ processes, timeoutMs: 60_000 });
  await buildProgram({ serve, openDecoder }).parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof StartError)) throw error;
  process.stderr.write(`utsuru: ${error.message}\n`);
  process.exitCode = 1;
}
