import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findBinaries } from "./embedded/binaries.ts";
import { clusterVersion, createCluster, giveBack, inspectCluster, placesIn, superuser } from "./embedded/cluster.ts";
import { findLauncher } from "./embedded/launcher.ts";
import { endLeftovers } from "./embedded/leftovers.ts";
import { readOrMakePassword } from "./embedded/password.ts";
import { findFreePort, type Postmaster, type PostmasterPlan, startPostmaster } from "./embedded/postmaster.ts";
import { type Settings, settings as standardSettings } from "./embedded/settings.ts";
import { lockFolder } from "./folder-lock.ts";

/** How an embedded PostgreSQL is started. */
export interface EmbeddedOptions {
  /** The folder that holds the database and nothing else; made when it is not there. */
  readonly directory: string;
  /** PostgreSQL settings over the standard ones. */
  readonly settings?: Settings;
  /** Told, in a sentence, when the database ended by itself and is started again. */
  readonly warn?: (sentence: string) => void;
}

/** A PostgreSQL server of our own. */
export interface EmbeddedDatabase {
  /** `postgres://…`, good until `stop`, also over restarts of the database. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Whether the folder holds a database, running or not. */
export async function hasEmbedded(directory: string): Promise<boolean> {
  return (await clusterVersion(placesIn(resolve(directory)))) !== undefined;
}

const startTries = 5;
const restartDelaysMs = [0, 500, 1_000, 2_000, 5_000, 10_000] as const;

/**
 * Starts the PostgreSQL that came with npm on a folder, making the database the first time, and keeps it running until `stop`.
 *
 * It listens on a free port of 127.0.0.1 and ends with this process, also when that is killed (call it on the main thread: Linux ties
 * the database to the thread that started it). Throws `StartError` when the folder is in use or the database cannot run.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const places = placesIn(resolve(options.directory));
  // Others may pass through to the cluster, whose user is not root, but not look around.
  await mkdir(places.folder, { recursive: true, mode: 0o711 });
  const lock = lockFolder(places.folder);
  try {
    const plan = await prepare(places, { ...standardSettings, ...options.settings });
    const { postmaster, port } = await startSomewhere(plan);
    const supervisor = supervise(postmaster, { plan, port, warn: options.warn ?? (() => {}) });
    return {
      url: plan.urlAt(port),
      stop: async () => {
        await supervisor.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function prepare(places: ReturnType<typeof placesIn>, settings: Settings): Promise<PostmasterPlan> {
  const binaries = await findBinaries();
  const existing = await inspectCluster(places, binaries.major);
  const launcher = await findLauncher({ program: binaries.postgres, folder: places.folder, owner: existing });
  const password = await readOrMakePassword(places.password, existing !== undefined);
  await endLeftovers(places.cluster);
  if (launcher.owner && existing?.uid === 0) await giveBack(places, launcher.owner);
  await createCluster(places, { binaries, launcher, password });
  const urlAt = (port: number): string => `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`;
  return { program: binaries.postgres, launcher, places, settings, urlAt };
}

/** Between the look for a free port and its use another program may take it, so a failed start is tried again elsewhere. */
async function startSomewhere(plan: PostmasterPlan): Promise<{ postmaster: Postmaster; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await findFreePort();
    try {
      return { postmaster: await startPostmaster(plan, port), port };
    } catch (error) {
      if (tries === startTries) throw error;
      await delay(200 * tries);
    }
  }
}

/** Starts the database again, on the same port, whenever it ends by itself (out of memory, killed by hand). */
function supervise(
  first: Postmaster,
  again: { readonly plan: PostmasterPlan; readonly port: number; readonly warn: (sentence: string) => void },
): { stop(): Promise<void> } {
  let current: Postmaster | undefined = first;
  const stopping = new AbortController();
  const abandon = (): void => current?.abandon();
  process.once("exit", abandon);
  const watch = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      await current?.exited;
      current = undefined;
      if (stopping.signal.aborted) return;
      again.warn("The embedded PostgreSQL ended by itself; it is being started again.");
      await delay(restartDelaysMs[failures] ?? 10_000, undefined, { signal: stopping.signal, ref: false }).catch(
        () => {},
      );
      if (stopping.signal.aborted) return;
      try {
        current = await startPostmaster(again.plan, again.port);
        failures = 0;
      } catch (error) {
        failures++;
        again.warn(error instanceof Error ? error.message : String(error));
      }
    }
  };
  const watching = watch();
  return {
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await watching;
      await current?.stop(); // it may have been starting again just then
      process.off("exit", abandon);
    },
  };
}
