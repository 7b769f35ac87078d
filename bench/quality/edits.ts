import { copyFile, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Corpus, CorpusPicture } from "./corpus.ts";

/** An edited copy of an original. */
export interface Edit {
  readonly name: string;
  readonly path: string;
}

type AttacksOf = (file: string, sha256: string, backdrop: string) => Promise<[string, Buffer, string][]>;

/** Inside the repository, where the suite's import of sharp resolves, and outside git. */
const cache = fileURLToPath(new URL("../.cache", import.meta.url));
const done = ".ok";

/** Which distractor a collage of the original is pasted on. */
export function backdropOf(corpus: Corpus, index: number): CorpusPicture {
  const backdrop = corpus.distractors[index % corpus.distractors.length];
  if (!backdrop) throw new Error("the corpus has no distractors");
  return backdrop;
}

/** The edits of an original, made once and kept; UTSURU_ATTACKS may name a folder where they are already. */
export async function editsOf(corpus: Corpus, index: number): Promise<readonly Edit[]> {
  const original = corpus.originals[index];
  if (!original) throw new Error(`the corpus has no original ${index}`);
  const name = original.sha256.slice(0, 12);
  const { UTSURU_ATTACKS: given } = process.env;
  return (
    (given === undefined ? undefined : await readEdits(join(given, name))) ??
    (await readEdits(join(cache, "edits", name))) ??
    (await makeEdits(corpus, { original, backdrop: backdropOf(corpus, index), folder: join(cache, "edits", name) }))
  );
}

async function readEdits(folder: string): Promise<Edit[] | undefined> {
  const files = await readdir(folder).catch((): string[] => []);
  if (!files.includes(done)) return undefined;
  const pictures = files.filter((file) => file !== done).sort();
  return pictures.map((file) => ({ name: parse(file).name, path: join(folder, file) }));
}

async function makeEdits(
  corpus: Corpus,
  { original, backdrop, folder }: { original: CorpusPicture; backdrop: CorpusPicture; folder: string },
): Promise<Edit[]> {
  const attacksOf = await loadSuite(corpus);
  await mkdir(folder, { recursive: true });
  for (const [name, bytes, extension] of await attacksOf(original.path, original.sha256, backdrop.path))
    await writeFile(join(folder, `${name}.${extension}`), bytes);
  await writeFile(join(folder, done), "");
  const edits = await readEdits(folder);
  if (!edits) throw new Error(`the edits in ${folder} vanished`);
  return edits;
}

async function loadSuite(corpus: Corpus): Promise<AttacksOf> {
  await mkdir(cache, { recursive: true });
  const copy = join(cache, "attacks.mjs");
  await copyFile(join(corpus.folder, "attacks.mjs"), `${copy}.new`);
  await rename(`${copy}.new`, copy);
  const suite: { attacksOf: AttacksOf } = await import(pathToFileURL(copy).href);
  return suite.attacksOf;
}

/** A picture to send. */
export async function readUpload(path: string): Promise<{ name: string; bytes: Buffer }> {
  return { name: parse(path).base, bytes: await readFile(path) };
}
