import type { Person } from "../../server/test/support/person.ts";
import type { Room } from "../report.ts";
import { mapAtOnce } from "../statistics.ts";
import type { CorpusLibrary } from "./corpus-library.ts";
import { backdropOf, type Edit, editsOf, readUpload } from "./edits.ts";

/** What a search with one edited copy gave. */
export interface EditSearch {
  readonly edit: string;
  /** 1 for the best match; `undefined` when the original is not among the matches. */
  readonly rank: number | undefined;
  /** Matches that are neither the original nor the backdrop of its collage. */
  readonly falseMatches: number;
  readonly ms: number;
}

/** As many searches at once as there are decoders. */
const atOnce = 2;

/** Searches with every edit of every original, one original after the other. */
export async function searchEdits(room: Room, filled: CorpusLibrary): Promise<EditSearch[]> {
  const { corpus, library, distractorIds, originalIds } = filled;
  const searches: EditSearch[] = [];
  for (const index of corpus.originals.keys()) {
    const edits = await editsOf(corpus, index);
    const backdrop = distractorIds[corpus.distractors.indexOf(backdropOf(corpus, index))];
    const truth = { original: originalIds[index], backdrop };
    searches.push(...(await mapAtOnce(edits, atOnce, (edit) => searchEdit(library.owner, edit, truth))));
    if (index % 20 === 19) room.say(`${index + 1} of ${corpus.originals.length} originals searched`);
  }
  return searches;
}

async function searchEdit(
  person: Person,
  edit: Edit,
  truth: { original: string | undefined; backdrop: string | undefined },
): Promise<EditSearch> {
  const { ids, ms } = await matchesOf(person, edit.path);
  const place = truth.original === undefined ? -1 : ids.indexOf(truth.original);
  // The backdrop of a collage is in the picture too: finding it is right.
  const isFalse = (id: string): boolean =>
    id !== truth.original && !(edit.name.startsWith("collage") && id === truth.backdrop);
  return { edit: edit.name, rank: place < 0 ? undefined : place + 1, falseMatches: ids.filter(isFalse).length, ms };
}

/** Ids of what a search with a file finds, best first, and their distances. Throws unless it is answered 200. */
export async function matchesOf(
  person: Person,
  path: string,
): Promise<{ ids: string[]; distances: number[]; verdicts: string[]; ms: number }> {
  const file = await readUpload(path);
  const start = performance.now();
  const { status, body } = await person.search(file, "?limit=100");
  const ms = performance.now() - start;
  if (status !== 200) throw new Error(`a search with ${path} was answered ${status}: ${JSON.stringify(body)}`);
  const matches: { image: { id: string }; distance: number; verdict: string }[] = body.matches;
  return {
    ids: matches.map(({ image }) => image.id),
    distances: matches.map(({ distance }) => distance),
    verdicts: matches.map(({ verdict }) => verdict),
    ms,
  };
}
