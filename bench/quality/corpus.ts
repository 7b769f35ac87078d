import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A picture of the corpus. */
export interface CorpusPicture {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

/** Pictures for measuring; most may not be published, so they are not in the repository. */
export interface Corpus {
  readonly folder: string;
  readonly originals: readonly CorpusPicture[];
  readonly distractors: readonly CorpusPicture[];
  /** Paths of different pictures that look nearly the same. */
  readonly hardNegatives: readonly string[];
}

/** The corpus in the folder of UTSURU_SHARED, or in `shared` beside the repository; or why there is none. */
export function findCorpus(): Corpus | { readonly missing: string } {
  const beside = fileURLToPath(new URL("../../../shared", import.meta.url));
  const folder = join(process.env.UTSURU_SHARED ?? beside, "corpus");
  if (!existsSync(join(folder, "manifest.json")))
    return { missing: `there is no corpus in ${folder}; UTSURU_SHARED names the folder that holds it` };
  const manifest: { file: string; role: string; sha256: string }[] = JSON.parse(
    readFileSync(join(folder, "manifest.json"), "utf8"),
  );
  const pictures = (role: string): CorpusPicture[] =>
    manifest.filter((one) => one.role === role).map(({ file, sha256 }) => ({ path: join(folder, file), sha256 }));
  const hard = join(folder, "hardneg");
  const hardNegatives = readdirSync(hard)
    .sort()
    .map((name) => join(hard, name));
  return { folder, originals: pictures("original"), distractors: pictures("distractor"), hardNegatives };
}
