import { fill, type Library, openLibrary } from "../product/library.ts";
import { type Weight, weigh } from "../product/weight.ts";
import type { Shared } from "../report.ts";
import { timed } from "../statistics.ts";
import { type Corpus, findCorpus } from "./corpus.ts";
import { readUpload } from "./edits.ts";

/** A server to which every original and distractor was uploaded, and what it weighed before and right after. */
export interface CorpusLibrary {
  readonly corpus: Corpus;
  readonly library: Library;
  readonly originalIds: readonly string[];
  readonly distractorIds: readonly string[];
  readonly uploadsPerSecond: number;
  readonly weights: readonly Weight[];
}

/** Uploads the corpus through the API, for all sections that want it; the value is why there is none where there is none. */
export async function corpusLibrary(): Promise<Shared<CorpusLibrary | { readonly missing: string }>> {
  const corpus = findCorpus();
  if ("missing" in corpus) return { value: corpus, close: async () => {} };
  const library = await openLibrary();
  const weights = [await weigh("at the start", library)];
  const pictures = [...corpus.originals, ...corpus.distractors];
  const filled = await timed(() =>
    fill(library.owner, pictures.length, (index) => readUpload(pictures[index]?.path ?? "")),
  );
  weights.push(await weigh(`after ${pictures.length} uploads`, library));
  const value: CorpusLibrary = {
    corpus,
    library,
    originalIds: filled.value.slice(0, corpus.originals.length),
    distractorIds: filled.value.slice(corpus.originals.length),
    uploadsPerSecond: (pictures.length / filled.ms) * 1000,
    weights,
  };
  return { value, close: () => library.close() };
}
