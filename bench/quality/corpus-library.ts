import { type CorpusPicture, corpusAbsent, readCorpus } from "../corpus.ts";
import { fill, type Library, openLibrary } from "../product/library.ts";
import { type Weight, weigh } from "../product/weight.ts";
import type { Shared } from "../report.ts";
import { timed } from "../statistics.ts";
import { readUpload } from "./read-upload.ts";

/** A server to which every original and distractor was uploaded, and what it weighed before and right after. */
export interface CorpusLibrary {
  readonly originals: readonly CorpusPicture[];
  readonly distractors: readonly CorpusPicture[];
  readonly library: Library;
  /** By the picture's file. */
  readonly ids: ReadonlyMap<string, string>;
  readonly uploadsPerSecond: number;
  readonly weights: readonly Weight[];
}

/** Uploads the corpus through the API, for all sections that want it; the value is why there is none where there is none. */
export async function corpusLibrary(): Promise<Shared<CorpusLibrary | { readonly missing: string }>> {
  if (corpusAbsent !== false) return { value: { missing: corpusAbsent }, close: async () => {} };
  const pictures = await readCorpus();
  const library = await openLibrary();
  const weights = [await weigh("at the start", library)];
  const filled = await timed(() =>
    fill(library.owner, pictures.length, (index) => readUpload(pictures[index]?.file ?? "")),
  );
  weights.push(await weigh(`after ${pictures.length} uploads`, library));
  const value: CorpusLibrary = {
    originals: pictures.filter(({ role }) => role === "original"),
    distractors: pictures.filter(({ role }) => role === "distractor"),
    library,
    ids: new Map(pictures.map(({ file }, index) => [file, filled.value[index] ?? ""])),
    uploadsPerSecond: (pictures.length / filled.ms) * 1000,
    weights,
  };
  return { value, close: () => library.close() };
}
