import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import asc from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const sources = "core/kernels";
const modules = "core/src/kernels";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const stale: string[] = [];
for (const source of await kernelSources()) {
  const target = join(modules, `${basename(source, ".ts")}.wasm.ts`);
  const text = moduleText(source, await compile(source));
  if (text === (await textOf(target))) continue;
  stale.push(target);
  if (!values.check) await writeFile(join(root, target), text);
}
report();

function report(): void {
  if (!values.check) {
    process.stderr.write(stale.length === 0 ? "every kernel was fresh\n" : `built ${stale.join(", ")}\n`);
  } else if (stale.length > 0) {
    process.stderr.write(`not what their sources compile to: ${stale.join(", ")}; run npm run build:kernels\n`);
    process.exitCode = 1;
  }
}

/** Each file of the folder is a kernel; what several kernels or parts of one share lives in subfolders. */
async function kernelSources(): Promise<string[]> {
  const entries = await readdir(join(root, sources), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(sources, entry.name))
    .sort();
}

async function compile(source: string): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  // `stub` and `abort=` leave a module without garbage collection and without imports: it runs anywhere as it is.
  const flags = ["-O3", "--runtime", "stub", "--use", "abort=", "--enable", "simd", "--outFile", "out.wasm"];
  const { error, stderr } = await asc.main([source, "--baseDir", root, ...flags], {
    writeFile: (name, contents) => {
      if (name === "out.wasm" && typeof contents !== "string") binary = contents;
    },
  });
  if (error !== null) throw new Error(`${source} does not compile:\n${stderr.toString()}`, { cause: error });
  if (binary === undefined) throw new Error(`the compiler wrote no module for ${source}`);
  return binary;
}

function moduleText(source: string, binary: Uint8Array): string {
  return [
    `// Compiled from ${source} by tools/build-kernels.ts; npm run build:kernels writes it anew.`,
    `/** The module's bytes in base64. */`,
    `export const wasm: string = "${Buffer.from(binary).toString("base64")}";`,
    "",
  ].join("\n");
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new Error(`cannot read ${path}`, { cause });
  }
}
