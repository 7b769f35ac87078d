/**
 * Writes what bench/local-judge.py fits the judge's weights to: a line for each pair of pictures that align.
 *
 *   node bench/local-judge.ts > pairs.tsv
 *
 * Copies: the 70 edits of every original of even number, and of drawn pictures. Siblings: whatever else those edits are aligned with,
 * the hard negatives among themselves, and drawn pictures of one kind among themselves and with edits of those of their make.
 */
import { FeatureIndex } from "@utsuru/core/feature-index";
import { extractFeatures } from "@utsuru/core/features";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { type Variant, variantOf, variants } from "@utsuru/core/variants";
import { align } from "../core/src/match/align.ts";
import { evidenceOf } from "../core/src/match/evidence.ts";
import { type Case, judgementInputs } from "../core/src/match/judge.ts";
import { likenessOf } from "../core/src/match/likeness.ts";
import { strengthOf } from "../core/src/match/verdict.ts";
import { editedCopies, editsOfBytes, readCorpus, readHardNegatives } from "./corpus.ts";
import { decodeSmall } from "./local/decode.ts";
import { drawPicture, layoutsPerKind } from "./local/drawn.ts";
import { type DrawnKind, drawnKinds } from "./local/painters.ts";

/** What a line counts for: copies of the corpus most, and less those of kinds that are told apart easily. */
const weights = { corpusCopy: 3, drawnCopy: 0.5, sibling: 1, easySibling: 0.5 };
const easyKinds: readonly DrawnKind[] = ["page", "chart"];
const layouts = 8;
const contents = 4;

interface Drawn {
  readonly kind: DrawnKind;
  readonly layout: number;
  readonly bytes: Buffer;
  readonly stored: LocalFeatures;
}

const pictures = await readCorpus();
await writeCorpus();
await writeHardNegatives();
for (const kind of drawnKinds) await writeDrawn(kind);

async function writeCorpus(): Promise<void> {
  const index = new FeatureIndex();
  const files: string[] = [];
  for (const { file } of pictures) files[index.add(await storedOf(file), 0)] = file;
  const chosen = new Set(pictures.filter(({ role }) => role === "original").filter((_, i) => i % 2 === 0));
  for (const { file, original, backdrop } of await editedCopies(pictures)) {
    if (!chosen.has(original)) continue;
    const query = await queryOf(file);
    for (const { slot, variant } of index.candidates(query, { count: 24 })) {
      if (files[slot] === backdrop.file) continue;
      const isOwn = files[slot] === original.file;
      writePair(alignedAs(query, index.featuresOf(slot) as LocalFeatures, variant), {
        same: isOwn,
        weight: isOwn ? weights.corpusCopy : weights.sibling,
      });
    }
  }
}

async function writeHardNegatives(): Promise<void> {
  const files = await readHardNegatives();
  const stored = await Promise.all(files.map(storedOf));
  for (const [i, file] of files.entries()) {
    const query = await queryOf(file);
    for (const target of stored.toSpliced(i, 1))
      writePair(bestAligned(query, target), { same: false, weight: weights.sibling });
  }
}

async function writeDrawn(kind: DrawnKind): Promise<void> {
  const drawn: Drawn[] = [];
  for (let i = 0; i < layouts * contents; i++) {
    const layout = i % layouts;
    const bytes = await drawPicture(kind, layout + layoutsPerKind * Math.floor(i / layouts));
    drawn.push({ kind, layout, bytes, stored: await storedOf(bytes) });
  }
  const weight = easyKinds.includes(kind) ? weights.easySibling : weights.sibling;
  for (const one of drawn) {
    const query = await queryOf(one.bytes);
    for (const other of drawn) if (other !== one) writePair(bestAligned(query, other.stored), { same: false, weight });
  }
  for (const one of drawn.slice(0, layouts)) {
    const makes = drawn.filter(({ layout }) => layout === one.layout);
    for (const bytes of await editsOfBytes(one.bytes, pictures)) {
      const query = await queryOf(bytes);
      for (const { stored } of makes) {
        const same = stored === one.stored;
        writePair(bestAligned(query, stored), { same, weight: same ? weights.drawnCopy : weight });
      }
    }
  }
}

async function storedOf(source: string | Buffer): Promise<LocalFeatures> {
  return extractFeatures(await decodeSmall(source));
}

async function queryOf(source: string | Buffer): Promise<LocalFeatures> {
  return extractFeatures(await decodeSmall(source), { purpose: "query" });
}

function bestAligned(query: LocalFeatures, target: LocalFeatures): Case | undefined {
  return variants
    .flatMap((variant) => alignedAs(query, target, variant) ?? [])
    .sort((a, b) => b.evidence.weight - a.evidence.weight)[0];
}

/** The pair as the judge sees it; `undefined` when too little agrees to ask the judge. */
function alignedAs(plain: LocalFeatures, target: LocalFeatures, variant: Variant): Case | undefined {
  const query = variantOf(plain, variant);
  const alignment = align(query, target);
  if (alignment === undefined) return undefined;
  const evidence = evidenceOf(alignment, query, target);
  if (strengthOf(evidence) < 1) return undefined;
  return { alignment, evidence, likeness: likenessOf(alignment, query, target), target };
}

function writePair(one: Case | undefined, { same, weight }: { same: boolean; weight: number }): void {
  if (one) console.log([Number(same), weight, ...judgementInputs(one).map((input) => input.toPrecision(5))].join("\t"));
}
