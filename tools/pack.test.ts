import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { publint } from "publint";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const home = await mkdtemp(join(tmpdir(), "utsuru-pack-"));
const folder = join(home, "node_modules/@utsuru/core");
after(() => rm(home, { recursive: true, force: true }));
await run(process.execPath, [join(root, "tools/pack.ts"), folder]);

test("packs to less than 60 kB, without TypeScript sources or tests", async () => {
  const { stdout } = await run("npm", ["pack", "--json", "--dry-run"], { cwd: folder });
  const [{ size, files }] = JSON.parse(stdout) as [{ size: number; files: { path: string }[] }];
  assert.ok(size < 60_000, `${size} bytes`);
  const kinds = new Set(files.map(({ path }) => path.replace(/^.*?(\.d\.ts|\.[a-z]+)?$/, "$1")));
  assert.deepEqual([...kinds].sort(), ["", ".d.ts", ".js", ".json", ".md"]);
  assert.ok(files.every(({ path }) => !/test/.test(path)));
});

test("has nothing that publint would mend", async () => {
  const { messages } = await publint({ pkgDir: folder, strict: true });
  assert.deepEqual(messages, []);
});

test("has types that every resolution of ECMAScript modules finds", async () => {
  const attw = join(root, "node_modules/.bin/attw");
  await run(attw, ["--pack", folder, "--profile", "esm-only", "--no-definitely-typed"], { cwd: home });
});

test("runs its README's example as an installed package", async () => {
  const [, example] = /```js\n(.*?)```/s.exec(await readFile(join(folder, "README.md"), "utf8")) ?? [];
  assert.ok(example);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "example.mjs"), example);
  const { stdout } = await run(process.execPath, ["example.mjs"], { cwd: home });
  assert.match(stdout, /^[0-9a-f]{64}\n0\n$/);
});

test("exports only what can be imported", async () => {
  const { exports } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(exports)) {
    await writeFile(join(home, "import.mjs"), `await import("@utsuru/core/${name.slice(2)}");`);
    await run(process.execPath, ["import.mjs"], { cwd: home });
  }
});
