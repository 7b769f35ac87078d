/**
 * Makes the package @utsuru/core as it is published: `node tools/pack.ts [folder]` writes JavaScript, type declarations and a
 * package.json that names them into the folder (dist/core), ready for `npm pack`. Node refuses to run TypeScript from node_modules.
 */
import { execFile } from "node:child_process";
import { copyFile, glob, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const source = join(root, "core");
const folder = resolve(process.argv[2] ?? join(root, "dist/core"));

await rm(join(folder, "dist"), { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await compile();
await nameCompiledTypes();
await writeManifest();
await copyFile(join(root, "LICENSE"), join(folder, "LICENSE"));
await copyFile(join(source, "README.md"), join(folder, "README.md"));
process.stdout.write(`${folder}\n`);

async function compile(): Promise<void> {
  const emitted = [
    "--noEmit",
    "false",
    "--declaration",
    "--rootDir",
    join(source, "src"),
    "--outDir",
    join(folder, "dist"),
  ];
  await promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", source, ...emitted]);
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
    Object.entries<string>(sources).map(([name, path]) => {
      const compiled = path.replace("./src/", "./dist/").replace(/\.ts$/, "");
      return [name, { types: `${compiled}.d.ts`, default: `${compiled}.js` }];
    }),
  );
  const text = JSON.stringify({ ...published, exports, files: ["dist"] }, null, 2);
  await writeFile(join(folder, "package.json"), `${text}\n`);
}
