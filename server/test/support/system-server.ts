import { existsSync, readdirSync } from "node:fs";
import { chown, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { placesIn, runInitdb } from "../../src/postgres/embedded/cluster.ts";
import { findLauncher } from "../../src/postgres/embedded/launcher.ts";
import { findFreePort, startPostmaster } from "../../src/postgres/embedded/postmaster.ts";
import { hasty, type Server } from "./embedded-server.ts";
import { scratchFolder } from "./scratch-folder.ts";

/** A PostgreSQL server that is not ours, or why there is none. */
export interface FoundServer {
  readonly name: string;
  readonly skip: string | false;
  start(): Promise<Server>;
}

const debianFolder = "/usr/lib/postgresql";

/** Looks for a server to test against: UTSURU_TEST_DATABASE_URL, else Debian's programs, to be started on a scratch folder. */
export function findServer(): FoundServer {
  const { UTSURU_TEST_DATABASE_URL: url } = process.env;
  if (url) return { name: "the server of UTSURU_TEST_DATABASE_URL", skip: false, start: async () => remote(url) };
  const versions = existsSync(debianFolder)
    ? readdirSync(debianFolder)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  const version = versions.find((number) => number >= 14);
  if (version === undefined) {
    const skip = `no PostgreSQL 14 or newer in ${debianFolder}, and UTSURU_TEST_DATABASE_URL is not set`;
    return { name: "a PostgreSQL server", skip, start: () => Promise.reject(new Error(skip)) };
  }
  const bin = join(debianFolder, `${version}`, "bin");
  return { name: `PostgreSQL ${version}`, skip: false, start: () => startScratch(bin) };
}

function remote(url: string): Server {
  return { url, stop: async () => {} };
}

async function startScratch(bin: string): Promise<Server> {
  const folder = scratchFolder("utsuru-server");
  const places = placesIn(folder);
  const program = join(bin, "postgres");
  const launcher = await findLauncher({ program, folder, owner: undefined });
  await mkdir(places.cluster, { mode: 0o700 });
  if (launcher.owner) await chown(places.cluster, launcher.owner.uid, launcher.owner.gid);
  const args = [
    "--pgdata",
    places.cluster,
    "--username",
    "utsuru",
    "--auth",
    "trust",
    "--encoding",
    "UTF8",
    "--locale",
    "C",
  ];
  await runInitdb(join(bin, "initdb"), args, { launcher, log: places.log });
  const settings = { ...hasty, listen_addresses: "127.0.0.1", unix_socket_directories: "" };
  const urlAt = (port: number): string => `postgres://utsuru@127.0.0.1:${port}/postgres`;
  const port = await findFreePort();
  const postmaster = await startPostmaster({ program, launcher, places, settings, urlAt }, port);
  return {
    url: urlAt(port),
    stop: async () => {
      await postmaster.stop();
      await rm(folder, { recursive: true });
    },
  };
}
