import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StartError } from "../../errors.ts";
import type { Binaries } from "./binaries.ts";
import type { Launcher, Owner } from "./launcher.ts";
import { syncFolder } from "./sync-folder.ts";

/** The name of the database's superuser, which the server connects as. */
export const superuser = "utsuru";

/** Where things lie in the embedded database's folder. */
export interface Places {
  readonly folder: string;
  /** PostgreSQL's data folder. */
  readonly cluster: string;
  readonly password: string;
  readonly log: string;
}

/** Where things lie in the embedded database's folder. */
export function placesIn(folder: string): Places {
  const at = (name: string): string => join(folder, name);
  return { folder, cluster: at("cluster"), password: at("password"), log: at("log") };
}

/** What PostgreSQL's own file of this name says; `undefined` when there is no cluster. */
export async function clusterVersion(places: Places): Promise<string | undefined> {
  return readFile(join(places.cluster, "PG_VERSION"), "utf8").catch(absent);
}

/** Whom an existing cluster belongs to. Throws `StartError` for one of another major version, or of a user that we cannot be. */
export async function inspectCluster(places: Places, major: number): Promise<Owner | undefined> {
  const text = await clusterVersion(places);
  if (text === undefined) return undefined;
  if (Number.parseInt(text, 10) !== major) {
    throw new StartError(
      `The database in ${places.folder} was made by PostgreSQL ${text.trim()}, and this version of Utsuru carries ${major}: dump it with the version that made it, and load it into this one.`,
    );
  }
  const { uid, gid } = await stat(places.cluster);
  const ourselves = process.getuid?.();
  if (ourselves !== undefined && ourselves !== 0 && uid !== ourselves) {
    throw new StartError(
      `The database in ${places.folder} belongs to user id ${uid}, and Utsuru runs as user id ${ourselves}: start it as that user, or as root.`,
    );
  }
  return { uid, gid };
}

/**
 * Makes the cluster, unless it is there: in a folder aside, which takes its name when it is whole and on disk,
 * so that a kill in between leaves nothing but something to throw away.
 */
export async function createCluster(
  places: Places,
  tools: { readonly binaries: Binaries; readonly launcher: Launcher; readonly password: string },
): Promise<void> {
  for (const name of await readdir(places.folder)) {
    if (name.startsWith("new-")) await rm(join(places.folder, name), { recursive: true, force: true, maxRetries: 5 });
  }
  if ((await stat(places.cluster).catch(absent)) !== undefined) return;
  const aside = await mkdtemp(join(places.folder, "new-"));
  const passwordFile = join(aside, "password");
  await writeFile(passwordFile, tools.password, { mode: 0o600 });
  await mkdir(join(aside, "cluster"), { mode: 0o700 });
  const { owner } = tools.launcher;
  if (owner) await Promise.all([aside, passwordFile, join(aside, "cluster")].map((path) => give(path, owner)));
  const args = initdbArguments(join(aside, "cluster"), passwordFile);
  await runInitdb(tools.binaries.initdb, args, { launcher: tools.launcher, log: places.log });
  await rename(join(aside, "cluster"), places.cluster);
  await syncFolder(places.folder);
  await rm(aside, { recursive: true });
}

/** Gives a cluster that came to belong to root (a copy, a restored backup) back to the user PostgreSQL runs as. */
export async function giveBack(places: Places, owner: Owner): Promise<void> {
  const names = await readdir(places.cluster, { recursive: true });
  for (const name of ["", ...names]) await give(join(places.cluster, name), owner);
}

async function give(path: string, owner: Owner): Promise<void> {
  await chown(path, owner.uid, owner.gid);
}

/** Runs initdb to its end, its words appended to the log. Throws `StartError` when it fails. */
export async function runInitdb(
  program: string,
  args: readonly string[],
  how: { readonly launcher: Launcher; readonly log: string },
): Promise<void> {
  const log = await open(how.log, "a", 0o600);
  try {
    const child = how.launcher.start(program, args, log.fd);
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.once("error", reject).once("exit", resolve);
    const code = await promise;
    if (code === 0) return;
    throw new StartError(`The database could not be made (initdb ended with ${code}); ${how.log} says why.`);
  } finally {
    await log.close();
  }
}

/** The built-in C.UTF-8 locale sorts and folds alike on every machine, whatever its own locales are. */
function initdbArguments(cluster: string, passwordFile: string): string[] {
  return [
    ...["--pgdata", cluster, "--username", superuser, "--pwfile", passwordFile],
    ...["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ...["--auth", "scram-sha-256", "--data-checksums", "--no-instructions"],
  ];
}

function absent(error: unknown): undefined {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}
