/**
 * Makes the package @utsuru/core as it is published: `node tools/pack.ts [folder]` writes JavaScript, type declarations and a
 * package.json that names them into the folder (dist/core), ready for `npm pack`. Node refuses to run TypeScript from node_modules.
 */
import { execFile } from "node:child_process";
import { copyFile, glob, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const source = join(root, "core");
const folder = resolve(process.argv[2] ?? join(root, "dist/core"));

/** Local features are still in the making: their shapes change, and their tables would take the package past 60 kB. */
const unpublished: ReadonlySet<string> = new Set([
  "./features",
  "./local-features",
  "./pack-features",
  "./variants",
  "./feature-index",
  "./partial-copies",
  "./transform",
  "./describe-edit",
]);

await rm(join(folder, "dist"), { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await compile();
await nameCompiledTypes();
await writeManifest();
await removeUnreached();
await copyFile(join(root, "LICENSE"), join(folder, "LICENSE"));
await copyFile(join(source, "README.md"), join(folder, "README.md"));
process.stdout.write(`${folder}\n`);

/** Declarations keep the doc comments, which editors show; the JavaScript goes without, which halves it. */
async function compile(): Promise<void> {
  const places = ["--noEmit", "false", "--rootDir", join(source, "src"), "--outDir", join(folder, "dist")];
  await typescript([...places, "--declaration", "--emitDeclarationOnly"]);
  await typescript([...places, "--declaration", "false", "--isolatedDeclarations", "false", "--removeComments"]);
}

async function typescript(options: readonly string[]): Promise<void> {
  await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", source, ...options]);
}

/** Leaves out what no entry reaches: the plain twins that only tests compare the kernels with. */
async function removeUnreached(): Promise<void> {
  const reached = new Set<string>();
  const waiting = Object.values<{ default: string }>((await readManifest()).exports).map((entry) =>
    join(folder, entry.default),
  );
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const texts = [await readFile(path, "utf8"), await readFile(path.replace(/\.js$/, ".d.ts"), "utf8")];
    for (const [, imported = ""] of texts.join("\n").matchAll(/(?:from |import\()"(\.{1,2}\/[^"]+)"/g))
      waiting.push(join(dirname(path), imported));
  }
  for await (const name of glob("dist/**/*.js", { cwd: folder })) {
    const path = join(folder, name);
    if (!reached.has(path)) for (const file of [path, path.replace(/\.js$/, ".d.ts")]) await rm(file);
  }
}

async function readManifest(): Promise<{ exports: Record<string, { default: string }> }> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}

/** The compiler rewrites `./x.ts` to `./x.js` in JavaScript but not in declarations, which older compilers then do not resolve. */
async function nameCompiledTypes(): Promise<void> {
  for await (const name of glob("dist/**/*.d.ts", { cwd: folder })) {
    const path = join(folder, name);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replaceAll(/(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"'));
  }
}

async function writeManifest(): Promise<void> {
  const manifest = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  const { devDependencies: _, exports: sources, ...published } = manifest;
  const exports = Object.fromEntries(
    Object.entries<string>(sources)
      .filter(([name]) => !unpublished.has(name))
      .map(([name, path]) => {
        const compiled = path.replace("./src/", "./dist/").replace(/\.ts$/, "");
        return [name, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
      }),
  );
  const text = JSON.stringify({ ...published, exports, files: ["dist"] }, null, 2);
  await writeFile(join(folder, "package.json"), `${text}\n`);
}
