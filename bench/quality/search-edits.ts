import type { Person } from "../../server/test/support/person.ts";
import { type EditedCopy, editedCopies } from "../corpus.ts";
import type { Room } from "../report.ts";
import { mapAtOnce } from "../statistics.ts";
import type { CorpusLibrary } from "./corpus-library.ts";
import { readUpload } from "./read-upload.ts";

/** What a search with one edited copy gave. */
export interface EditSearch {
  readonly edit: string;
  /** 1 for the best match but a collage's backdrop; `undefined` when the original is not among the matches. */
  readonly rank: number | undefined;
  /** Matches that are neither the original nor the backdrop of its collage. */
  readonly falseMatches: number;
  readonly ms: number;
}

/** As many searches at once as there are decoders. */
const atOnce = 2;

/** Searches with every edit of every original, one original after the other. */
export async function searchEdits(room: Room, filled: CorpusLibrary): Promise<EditSearch[]> {
  const copies = await editedCopies([...filled.originals, ...filled.distractors]);
  const searches: EditSearch[] = [];
  for (const [index, edits] of [...Map.groupBy(copies, ({ original }) => original).values()].entries()) {
    searches.push(...(await mapAtOnce(edits, atOnce, (copy) => searchEdit(filled, copy))));
    if (index % 20 === 19) room.say(`${index + 1} of ${filled.originals.length} originals searched`);
  }
  return searches;
}

async function searchEdit({ library, ids }: CorpusLibrary, copy: EditedCopy): Promise<EditSearch> {
  const found = await matchesOf(library.owner, copy.file);
  const right = ids.get(copy.original.file);
  // The backdrop of a collage is in the picture too: finding it is right, before the original or after.
  const backdrop = copy.edit.startsWith("collage") ? ids.get(copy.backdrop.file) : undefined;
  const others = found.ids.filter((id) => id !== backdrop);
  const place = right === undefined ? -1 : others.indexOf(right);
  const falseMatches = others.filter((id) => id !== right).length;
  return { edit: copy.edit, rank: place < 0 ? undefined : place + 1, falseMatches, ms: found.ms };
}

/** Ids of what a search with a file, or its bytes, finds, best first, and their distances. Throws unless it is answered 200. */
export async function matchesOf(
  person: Person,
  source: string | Buffer,
): Promise<{ ids: string[]; distances: number[]; verdicts: string[]; ms: number }> {
  const file = typeof source === "string" ? await readUpload(source) : { name: "query.jpg", bytes: source };
  const start = performance.now();
  const { status, body } = await person.search(file, "?limit=100");
  const ms = performance.now() - start;
  if (status !== 200) throw new Error(`a search with ${file.name} was answered ${status}: ${JSON.stringify(body)}`);
  const matches: { image: { id: string }; distance: number; verdict: string }[] = body.matches;
  return {
    ids: matches.map(({ image }) => image.id),
    distances: matches.map(({ distance }) => distance),
    verdicts: matches.map(({ verdict }) => verdict),
    ms,
  };
}
