import { basename } from "node:path";
import { type EditedCopy, editedCopies, readHardNegatives } from "../corpus.ts";
import { drawPicture, mayPassForCopy } from "../local/drawn.ts";
import { drawnNumber } from "../local/drawn-features.ts";
import { drawnKinds } from "../local/painters.ts";
import type { CorpusLibrary } from "./corpus-library.ts";
import type { Picture } from "./ways.ts";

/** Sets of queries in the order of the report. */
export const querySets = ["edits", "distractors", "hard negatives", "drawn"] as const;

/** A search to be made, and what is right of what it finds. */
export interface PeerQuery {
  readonly set: (typeof querySets)[number];
  /** Of edits, which. */
  readonly edit?: string;
  readonly picture: Picture;
  /** The name of what is to be found. */
  readonly right: string;
  /** Whether finding another picture is no mistake either: a collage's backdrop, a clock of another colour at the same time. */
  readonly isExcused: (name: string) => boolean;
}

/** Edits of the first originals of odd number, to which nothing was fitted. */
export async function editQueries({ originals, distractors }: CorpusLibrary, count: number): Promise<PeerQuery[]> {
  const held = new Set(originals.filter((_, i) => i % 2 === 1).slice(0, count));
  const copies = (await editedCopies([...originals, ...distractors])).filter(({ original }) => held.has(original));
  return copies.map(({ file, edit, original, backdrop }: EditedCopy) => ({
    set: "edits",
    edit,
    picture: { name: `${edit} of ${basename(original.file)}`, source: file },
    right: basename(original.file),
    isExcused: (name) => edit.startsWith("collage") && name === basename(backdrop.file),
  }));
}

/** Distractors and hard negatives: each is to find itself. */
export async function corpusQueries({ distractors }: CorpusLibrary, count: number): Promise<PeerQuery[]> {
  const itself = (set: PeerQuery["set"], file: string): PeerQuery => ({
    set,
    picture: { name: basename(file), source: file },
    right: basename(file),
    isExcused: () => false,
  });
  return [
    ...distractors.slice(0, count).map(({ file }) => itself("distractors", file)),
    ...(await readHardNegatives()).map((file) => itself("hard negatives", file)),
  ];
}

/** Drawn pictures evenly from `of`, kind after kind in turn. */
export async function drawnQueries(count: number, of: number): Promise<PeerQuery[]> {
  const numbers = Array.from({ length: count }, (_, i) =>
    drawnNumber(Math.floor((i * of) / count / drawnKinds.length) * drawnKinds.length + (i % drawnKinds.length)),
  );
  return Promise.all(
    numbers.map(async ({ kind, seed }) => ({
      set: "drawn" as const,
      picture: { name: `${kind} ${seed}`, source: await drawPicture(kind, seed) },
      right: `${kind} ${seed}`,
      isExcused: (name: string) => {
        const [otherKind, other] = name.split(" ");
        return otherKind === kind && mayPassForCopy(kind, seed, Number(other));
      },
    })),
  );
}
