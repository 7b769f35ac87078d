import { basename } from "node:path";
import type { Person } from "../../server/test/support/person.ts";
import { uploadNew } from "../product/library.ts";
import { mapAtOnce } from "../statistics.ts";
import type { CorpusLibrary } from "./corpus-library.ts";
import { readUpload } from "./edits.ts";
import { matchesOf } from "./search-edits.ts";

/** Two different pictures of which one was called a copy of the other. */
export interface FalseCopy {
  readonly query: string;
  readonly found: string;
  readonly distance: number;
}

/** Searches with every distractor: each is to find itself and nothing else. */
export async function searchDistractors({ library, corpus, ...ids }: CorpusLibrary): Promise<FalseCopy[]> {
  const paths = [...corpus.originals, ...corpus.distractors].map(({ path }) => path);
  const named = namesOf([...ids.originalIds, ...ids.distractorIds], paths);
  return falseCopies(library.owner, { paths: corpus.distractors.map(({ path }) => path), named });
}

/** Uploads the hard negatives and searches with each: no two of them are copies. */
export async function searchHardNegatives({ library, corpus }: CorpusLibrary): Promise<FalseCopy[]> {
  const paths = corpus.hardNegatives;
  const ids = await uploadNew(library.owner, await Promise.all(paths.map(readUpload)));
  return falseCopies(library.owner, { paths, named: namesOf(ids, paths) });
}

async function falseCopies(
  person: Person,
  { paths, named }: { paths: readonly string[]; named: ReadonlyMap<string, string> },
): Promise<FalseCopy[]> {
  const searches = await mapAtOnce(paths, 2, async (path) => {
    const query = basename(path);
    const { ids, distances } = await matchesOf(person, path);
    const found = ids.map((id, index) => ({
      query,
      found: named.get(id) ?? "a picture of another set",
      distance: distances[index] ?? Number.NaN,
    }));
    if (!found.some((match) => match.found === query)) throw new Error(`${query} does not find itself`);
    return found.filter((match) => match.found !== query);
  });
  return searches.flat();
}

function namesOf(ids: readonly string[], paths: readonly string[]): Map<string, string> {
  return new Map(ids.map((id, index) => [id, basename(paths[index] ?? "")]));
}
