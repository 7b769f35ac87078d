import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { StartError } from "../../errors.ts";

const run = promisify(execFile);

/** A user of the machine by numbers. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A way of starting PostgreSQL's programs that works on this machine. */
export interface Launcher {
  /** Whom the programs run as and the data folder must belong to; `undefined`: whoever runs us. */
  readonly owner: Owner | undefined;
  /** Starts a program in a session of its own, so that Ctrl-C on a terminal reaches us alone and we stop it in order. */
  start(program: string, args: readonly string[], logFile: number): ChildProcess;
}

/** A command that goes before the program's name; empty: the program itself is started. */
interface Way {
  readonly prefix: readonly string[];
  readonly owner?: Owner;
}

/**
 * Finds the least privileged way of starting `program` that works and reaches `folder`, by trying.
 * `owner` is whom an existing data folder belongs to. Throws `StartError` when there is none.
 */
export async function findLauncher(what: {
  readonly program: string;
  readonly folder: string;
  readonly owner: Owner | undefined;
}): Promise<Launcher> {
  const owner = process.getuid?.() === 0 ? await unprivilegedOwner(what.owner) : undefined;
  for (const way of owner ? waysAsRoot(owner) : waysAsOneself) {
    if (await works(way, what)) return { owner, start: (...command) => start(way, command) };
  }
  throw new StartError(
    owner
      ? `PostgreSQL refuses to run as root, and user id ${owner.uid} cannot be given access to ${what.folder} and ${what.program} (util-linux's setpriv is missing or not permitted): start Utsuru as another user than root, or set UTSURU_DATABASE_URL to a PostgreSQL server.`
      : `The embedded PostgreSQL cannot be started: ${what.program} does not run on this machine, or ${what.folder} cannot be entered. Set UTSURU_DATABASE_URL to a PostgreSQL server instead.`,
  );
}

/** PostgreSQL's "fast" shutdown when the thread that started it dies, however it dies (prctl PR_SET_PDEATHSIG). */
const endWithUs = ["--pdeathsig", "INT"];

const waysAsOneself: readonly Way[] = [{ prefix: ["setpriv", ...endWithUs] }, { prefix: [] }];

/**
 * As root, for an unprivileged user. Programs and data may lie below folders that only root may enter (a clone in /root, mktemp -d).
 * Rather than open those, the process is given the one capability that passes them: to search and read (not in Docker's default
 * set), else to override. access(2) would ignore it for a user other than root, and PostgreSQL asks access(2) about its own
 * program; the secure bit no_setuid_fixup makes it count.
 */
function waysAsRoot(owner: Owner): readonly Way[] {
  const ids = ["--reuid", `${owner.uid}`, "--regid", `${owner.gid}`, "--clear-groups"];
  const capable = (capability: string): Way => ({
    owner,
    prefix: [
      "setpriv",
      ...ids,
      "--securebits",
      "+no_setuid_fixup",
      "--inh-caps",
      `-all,+${capability}`,
      "--ambient-caps",
      `-all,+${capability}`,
      ...endWithUs,
    ],
  });
  return [
    { owner, prefix: ["setpriv", ...ids, "--inh-caps", "-all", ...endWithUs] },
    capable("dac_read_search"),
    capable("dac_override"),
    { owner, prefix: [] },
  ];
}

async function works(way: Way, what: { readonly program: string; readonly folder: string }): Promise<boolean> {
  // The program asks about itself with access(2) and prints to standard error when that fails, still ending with 0.
  const [file, ...args] = [...way.prefix, "/bin/sh", "-c", 'cd "$0" && exec "$1" --version', what.folder, what.program];
  try {
    const { stderr } = await run(file as string, args, { ...identity(way), cwd: "/", timeout: 20_000 });
    return stderr === "";
  } catch {
    return false;
  }
}

function start(way: Way, [program, args, logFile]: Parameters<Launcher["start"]>): ChildProcess {
  const [file, ...rest] = [...way.prefix, program, ...args];
  const { PATH = "" } = process.env;
  return spawn(file as string, rest, {
    ...identity(way),
    cwd: "/",
    detached: true,
    env: { PATH, LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", logFile, logFile],
  });
}

/** Where setpriv does not change the user, Node does. */
function identity(way: Way): Partial<Owner> {
  return way.owner && way.prefix.length === 0 ? way.owner : {};
}

/** Whom an existing data folder belongs to, unless that is root; else the user `postgres`, else `nobody`. */
async function unprivilegedOwner(existing: Owner | undefined): Promise<Owner> {
  if (existing && existing.uid !== 0) return existing;
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find((user) => user[0] === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new StartError(
    "PostgreSQL refuses to run as root, and /etc/passwd names neither the user postgres nor nobody: start Utsuru as another user than root.",
  );
}
