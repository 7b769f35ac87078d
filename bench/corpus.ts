import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { sharedFolder } from "../tools/shared-folder.ts";

/** A picture of the corpus: `file` is absolute. */
export interface CorpusPicture {
  readonly file: string;
  readonly role: "original" | "distractor";
  readonly sha256: string;
}

/** A file made from an original by one edit, and the other picture that a collage was put on. */
export interface EditedCopy {
  readonly file: string;
  readonly edit: string;
  readonly original: CorpusPicture;
  readonly backdrop: CorpusPicture;
}

const corpus = sharedFolder("corpus");
/** Why there is no corpus; `false` where there is one. */
export const corpusAbsent: string | false = corpus.absent;

/** Inside the repository, where the suite's import of sharp resolves, and outside git. */
const cache = join(import.meta.dirname, ".cache");

/** Reads the corpus's list: originals and distractors. Throws where there is no corpus. */
export async function readCorpus(): Promise<readonly CorpusPicture[]> {
  if (corpus.absent !== false) throw new Error(corpus.absent);
  const listed: CorpusPicture[] = JSON.parse(await readFile(join(corpus.path, "manifest.json"), "utf8"));
  return listed.map((picture) => ({ ...picture, file: join(corpus.path, picture.file) }));
}

/** Different pictures that look nearly the same: no two of them are copies. */
export async function readHardNegatives(): Promise<readonly string[]> {
  const folder = join(corpus.path, "hardneg");
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

/** The 70 edits of each original, made once and kept in bench/.cache/attacks, or wherever UTSURU_ATTACKS says. */
export async function editedCopies(pictures: readonly CorpusPicture[]): Promise<readonly EditedCopy[]> {
  const folder = process.env.UTSURU_ATTACKS ?? join(cache, "attacks");
  const distractors = pictures.filter(({ role }) => role === "distractor");
  const copies: EditedCopy[] = [];
  for (const [number, original] of pictures.filter(({ role }) => role === "original").entries()) {
    const backdrop = distractors[number % distractors.length];
    if (backdrop === undefined) throw new Error("the corpus has no distractor");
    const own = join(folder, original.sha256.slice(0, 12));
    if (!existsSync(join(own, ".ok"))) await makeEdits(own, original, backdrop);
    for (const name of (await readdir(own)).sort()) {
      if (name.startsWith(".")) continue;
      copies.push({ file: join(own, name), edit: basename(name, extname(name)), original, backdrop });
    }
  }
  return copies;
}

/** The 70 edits of a picture that is no file of the corpus, such as a drawn one; the corpus gives the collages' backdrop. */
export async function editsOfBytes(bytes: Uint8Array, pictures: readonly CorpusPicture[]): Promise<readonly Buffer[]> {
  const backdrop = pictures.find(({ role }) => role === "distractor");
  if (backdrop === undefined) throw new Error("the corpus has no distractor");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await mkdir(cache, { recursive: true });
  const file = join(cache, `${sha256}.jpg`);
  await writeFile(file, bytes);
  const edits = await (await loadSuite()).attacksOf(file, sha256, backdrop.file);
  await rm(file);
  return edits.map(([, edited]) => Buffer.from(edited));
}

interface EditSuite {
  attacksOf(file: string, sha256: string, backdrop: string): Promise<readonly [string, Uint8Array, string][]>;
}

async function makeEdits(folder: string, original: CorpusPicture, backdrop: CorpusPicture): Promise<void> {
  const suite = await loadSuite();
  await mkdir(folder, { recursive: true });
  for (const [edit, bytes, extension] of await suite.attacksOf(original.file, original.sha256, backdrop.file)) {
    await writeFile(join(folder, `${edit}.${extension}`), bytes);
  }
  await writeFile(join(folder, ".ok"), "");
}

async function loadSuite(): Promise<EditSuite> {
  await mkdir(cache, { recursive: true });
  const copy = join(cache, "attacks.mjs");
  await copyFile(join(corpus.path, "attacks.mjs"), `${copy}.new`);
  await rename(`${copy}.new`, copy);
  return import(pathToFileURL(copy).href);
}
