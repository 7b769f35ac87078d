/**
 * Writes what bench/local-judge.py fits the judge to: a line for each pair of pictures that align.
 *
 *   node bench/local-judge.ts [corpus] [distractors] [drawn] > pairs.tsv       (all three when none is named; about 15 minutes of CPU)
 *   python3 bench/local-judge.py pairs.tsv core/src/match/judgement.ts
 *   node bench/local-quality.ts                                                (what came of it, on pictures that were not fitted to)
 *
 * Copies: the 70 edits of every original of even number, and of drawn pictures. Siblings: whatever else those edits are aligned with;
 * what every second distractor and hard negative is aligned with; drawn pictures of one kind, of layouts that no other bench draws.
 * A line: 1 for a copy, weight, kind, query, stored picture, then the measures of `judgementInputs`.
 */
import { basename } from "node:path";
import { FeatureIndex } from "@utsuru/core/feature-index";
import { extractFeatures } from "@utsuru/core/features";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { packFeatures } from "@utsuru/core/pack-features";
import type { Variant } from "@utsuru/core/variants";
import { groundsOf } from "../core/src/match/grounds.ts";
import { judgementInputs } from "../core/src/match/judge.ts";
import { likenessOf } from "../core/src/match/likeness.ts";
import { type Query, queryAs } from "../core/src/match/query.ts";
import { editedCopies, editsOfBytes, readCorpus, readHardNegatives } from "./corpus.ts";
import { decodeSmall } from "./local/decode.ts";
import { drawPicture, fittingSeed, layoutsPerKind, mayPassForCopy } from "./local/drawn.ts";
import { type DrawnKind, drawnKinds } from "./local/painters.ts";

/** What a line counts for: photographs more than drawings, since there are few series of them, and less what is told apart easily. */
const weights = { corpusCopy: 3, corpusSibling: 5, drawnCopy: 0.5, sibling: 1, easySibling: 0.5 };
const easyKinds: readonly DrawnKind[] = ["page", "chart", "map"];
/** Of each kind: makes, pictures of each, and of how many the edits are taken. */
const drawing = { layouts: 24, contents: 5, edited: 3 };
/** Two memes of one photograph: copies of each other, though the corpus lists both as distractors. */
const memes = ["670ea678cd85925d.jpg", "86711c15170878bf.jpg"];

const parts: Readonly<Record<string, () => Promise<void>>> = {
  corpus: writeEdits,
  distractors: writeDistractors,
  drawn: async () => {
    for (const kind of drawnKinds) await writeDrawn(kind);
  },
};

const pictures = await readCorpus();
const hardNegatives = await readHardNegatives();
const named = process.argv.slice(2);
for (const [part, write] of Object.entries(parts)) if (named.length === 0 || named.includes(part)) await write();

/** A library whose pictures are known by name. */
interface Named {
  readonly index: FeatureIndex;
  readonly names: readonly string[];
}

/** What is known of two pictures but their measures. */
interface Pair {
  readonly query: Query;
  readonly target: LocalFeatures;
  readonly variant: Variant;
  readonly line: {
    readonly same: boolean;
    readonly weight: number;
    readonly kind: string;
    readonly names: readonly [string, string];
  };
}

async function writeEdits(): Promise<void> {
  const library = await corpusLibrary();
  const chosen = new Set(pictures.filter(({ role }) => role === "original").filter((_, i) => i % 2 === 0));
  for (const { file, edit, original, backdrop } of await editedCopies(pictures)) {
    if (!chosen.has(original)) continue;
    await writeCandidates(file, library, (name) => {
      if (name === backdrop.file) return undefined;
      const same = name === original.file;
      return {
        same,
        weight: same ? weights.corpusCopy : weights.corpusSibling,
        kind: edit,
        names: [original.file, name],
      };
    });
  }
}

async function writeDistractors(): Promise<void> {
  const library = await corpusLibrary();
  const queries = [...pictures.filter(({ role }) => role === "distractor").map(({ file }) => file), ...hardNegatives];
  for (const file of queries.filter((_, i) => i % 2 === 0))
    await writeCandidates(file, library, (name) => {
      if (name === file || [file, name].every((one) => memes.includes(basename(one)))) return undefined;
      return { same: false, weight: weights.corpusSibling, kind: "distractor", names: [file, name] };
    });
}

async function writeDrawn(kind: DrawnKind): Promise<void> {
  const seeds = Array.from(
    { length: drawing.layouts * drawing.contents },
    (_, i) => fittingSeed + (i % drawing.layouts) + layoutsPerKind * Math.floor(i / drawing.layouts),
  );
  const bytes = new Map<number, Buffer>();
  for (const seed of seeds) bytes.set(seed, await drawPicture(kind, seed));
  const library = await libraryOf(seeds.map(String), (name) => bytes.get(Number(name)) ?? "");
  const siblings = { same: false, weight: easyKinds.includes(kind) ? weights.easySibling : weights.sibling, kind };
  for (const [seed, drawn] of bytes) {
    const asSibling = (name: string): Pair["line"] | undefined =>
      Number(name) === seed || mayPassForCopy(kind, seed, Number(name))
        ? undefined
        : { ...siblings, names: [`${seed}`, name] };
    await writeCandidates(drawn, library, asSibling);
    if (seed >= fittingSeed + drawing.edited) continue;
    for (const edit of await editsOfBytes(drawn, pictures))
      await writeCandidates(edit, library, (name) =>
        // Stripes fit stripes wherever they are laid: their copies are left to the fingerprints of whole pictures.
        Number(name) === seed && kind !== "grating"
          ? { same: true, weight: weights.drawnCopy, kind, names: [`${seed}`, name] }
          : asSibling(name),
      );
  }
}

function corpusLibrary(): Promise<Named> {
  return libraryOf([...pictures.map(({ file }) => file), ...hardNegatives], (name) => name);
}

async function libraryOf(names: readonly string[], sourceOf: (name: string) => string | Buffer): Promise<Named> {
  const index = new FeatureIndex();
  for (const name of names) index.addPacked(packFeatures(extractFeatures(await decodeSmall(sourceOf(name)))), 0);
  return { index, names };
}

/** Writes a line for each stored picture that a query would be aligned with, unless there is nothing to say of it. */
async function writeCandidates(
  source: string | Buffer,
  { index, names }: Named,
  lineOf: (name: string) => Pair["line"] | undefined,
): Promise<void> {
  const query = extractFeatures(await decodeSmall(source), { purpose: "query" });
  for (const { slot, variant } of index.candidates(query, { count: 24 })) {
    const line = lineOf(names[slot] as string);
    if (line)
      writePair({ query: queryAs(query, variant), target: index.featuresOf(slot) as LocalFeatures, variant, line });
  }
}

/** Writes the pair as the judge sees it, unless too little agrees, or it may lie in too many places, to ask the judge. */
function writePair({ query, target, line }: Pair): void {
  const grounds = groundsOf(query, target);
  if (grounds === undefined) return;
  const inputs = judgementInputs({ ...grounds, likeness: likenessOf(grounds.alignment, query, target) });
  const { same, weight, kind, names } = line;
  console.log(
    [
      Number(same),
      weight,
      kind,
      ...names.map((name) => basename(name)),
      ...inputs.map((input) => input.toPrecision(5)),
    ].join("\t"),
  );
}
