import { basename } from "node:path";
import type { Person } from "../../server/test/support/person.ts";
import { readHardNegatives } from "../corpus.ts";
import { uploadNew } from "../product/library.ts";
import { mapAtOnce } from "../statistics.ts";
import type { CorpusLibrary } from "./corpus-library.ts";
import { readUpload } from "./read-upload.ts";
import { matchesOf } from "./search-edits.ts";

/** Two different pictures of which one was called a copy of the other. */
export interface FalseCopy {
  readonly query: string;
  readonly found: string;
  readonly distance: number;
}

/** How many pictures were searched with, and what they found besides themselves. */
export interface FalseCopySearch {
  readonly queries: number;
  readonly found: readonly FalseCopy[];
}

/** Searches with every distractor: each is to find itself and nothing else. */
export async function searchDistractors({ library, distractors, ids }: CorpusLibrary): Promise<FalseCopySearch> {
  const paths = distractors.map(({ file }) => file);
  return { queries: paths.length, found: await falseCopies(library.owner, { paths, named: namesOf(ids) }) };
}

/** Uploads the hard negatives and searches with each: no two of them are copies. */
export async function searchHardNegatives({ library }: CorpusLibrary): Promise<FalseCopySearch> {
  const paths = await readHardNegatives();
  const ids = await uploadNew(library.owner, await Promise.all(paths.map(readUpload)));
  const named = namesOf(paths.map((path, index) => [path, ids[index] ?? ""]));
  return { queries: paths.length, found: await falseCopies(library.owner, { paths, named }) };
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

/** The names of pictures by their ids. */
function namesOf(idOfFile: Iterable<readonly [string, string]>): Map<string, string> {
  return new Map([...idOfFile].map(([file, id]) => [id, basename(file)]));
}
