/**
 * Quality of the local features: which edits are found, and what is found that should not be.
 *
 *   node bench/local-quality.ts [--originals 60] [--skip 0] [--half reported|chosen] [--false-queries 1000] [--drawn 20000] [--drawn-queries 400] [--drawn-shift 0] [--combined]
 *
 * Thresholds and projections were chosen on the originals of even number in the corpus's list («chosen»); the others («reported») were
 * not looked at. With --combined only what people do to pictures at once (bench/local/combined-edits.ts) is asked for. UTSURU_SHARED says where the corpus is, UTSURU_ATTACKS where the edits are kept.
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { FeatureIndex } from "@utsuru/core/feature-index";
import { extractFeatures } from "@utsuru/core/features";
import { findPartialCopies, type GeometricMatch } from "@utsuru/core/partial-copies";
import { type CorpusPicture, editedCopies, readCorpus, readHardNegatives } from "./corpus.ts";
import { combinedEditsOf } from "./local/combined-edits.ts";
import { decodeSmall } from "./local/decode.ts";
import { drawPicture, likenessOfClocks } from "./local/drawn.ts";
import { drawnFeatures, drawnNumber } from "./local/drawn-features.ts";
import { cachedFeatures } from "./local/feature-cache.ts";
import { drawnKinds } from "./local/painters.ts";

const { values } = parseArgs({
  options: {
    originals: { type: "string", default: "60" },
    skip: { type: "string", default: "0" },
    half: { type: "string", default: "reported" },
    "false-queries": { type: "string", default: "1000" },
    drawn: { type: "string", default: "20000" },
    "drawn-queries": { type: "string", default: "400" },
    "drawn-shift": { type: "string", default: "0" },
    combined: { type: "boolean", default: false },
  },
});

const cpu = { extract: 0, search: 0, queries: 0 };
const index = new FeatureIndex();
const names: string[] = [];

const pictures = await readCorpus();
const hardNegatives = await readHardNegatives();
const stored = [...pictures.map(({ file }) => file), ...hardNegatives];
for (const [i, packed] of (await cachedFeatures("corpus", stored.length, (number) => stored[number] ?? "")).entries())
  names[index.addPacked(packed, 0) as number] = stored[i] as string;
for (const { kind, seed, packed } of await drawnFeatures(Number(values.drawn)))
  names[index.addPacked(packed, 0) as number] = `${kind} ${seed}`;
console.log(`${index.size} pictures in the index, ${(index.bytes / index.size / 1000).toFixed(1)} kB each`);

await reportEdits(values.combined ? combinedQueries() : suiteQueries());
if (!values.combined) await reportFalse();
console.log(
  `CPU a query: features ${(cpu.extract / cpu.queries).toFixed(1)} ms, candidates and geometry ${(cpu.search / cpu.queries).toFixed(1)} ms (${cpu.queries} queries)`,
);

/** An edited copy to search with. */
interface EditQuery {
  readonly source: string | Buffer;
  readonly edit: string;
  readonly original: CorpusPicture;
  readonly backdrop: CorpusPicture;
}

async function* suiteQueries(): AsyncGenerator<EditQuery> {
  const chosen = chosenOriginals();
  for (const { file, ...copy } of await editedCopies(pictures))
    if (chosen.has(copy.original)) yield { ...copy, source: file };
}

async function* combinedQueries(): AsyncGenerator<EditQuery> {
  const distractors = pictures.filter(({ role }) => role === "distractor");
  for (const [i, original] of [...chosenOriginals()].entries()) {
    const backdrop = distractors[i] as CorpusPicture;
    const edits = await combinedEditsOf(original.file, { backdrop: backdrop.file, seed: i });
    for (const [edit, source] of edits) yield { source, edit, original, backdrop };
  }
}

async function reportEdits(queries: AsyncGenerator<EditQuery>): Promise<void> {
  const found = new Map<string, { found: number; of: number; missed: string[] }>();
  const wrong: string[] = [];
  for await (const { source, edit, original, backdrop } of queries) {
    const matches = (await search(source)).filter(({ slot }) => names[slot] !== backdrop.file);
    const row = found.get(edit) ?? { found: 0, of: 0, missed: [] };
    found.set(edit, row);
    row.of++;
    const [first] = matches;
    if (first && names[first.slot] === original.file) row.found++;
    else row.missed.push(basename(original.file));
    for (const { slot, score } of matches)
      if (names[slot] !== original.file)
        wrong.push(`${edit} of ${basename(original.file)} = ${basename(names[slot] ?? "")} (${score.toFixed(0)})`);
  }
  const rows = [...found].map(([edit, row]) => ({ edit, ...row }));
  const all = rows.reduce((sum, row) => sum + row.of, 0);
  const hit = rows.reduce((sum, row) => sum + row.found, 0);
  console.log(`found at rank 1: ${hit} of ${all} (${((100 * hit) / all).toFixed(2)} %)`);
  for (const row of rows) console.log(`${row.edit}\t${row.found}/${row.of}\t${row.missed.join(" ")}`);
  console.log(`wrong matches of edits: ${wrong.length}`);
  for (const line of wrong) console.log(`  ${line}`);
}

function chosenOriginals(): Set<CorpusPicture> {
  const parity = values.half === "reported" ? 1 : 0;
  const from = Number(values.skip);
  return new Set(
    pictures
      .filter(({ role }) => role === "original")
      .filter((_, i) => i % 2 === parity)
      .slice(from, from + Number(values.originals)),
  );
}

/** Distractors, hard negatives and drawn pictures as queries: whatever is found besides themselves is wrong. */
async function reportFalse(): Promise<void> {
  const distractors = pictures.filter(({ role }) => role === "distractor").slice(0, Number(values["false-queries"]));
  const queries = [
    ...distractors.map(({ file }) => ({ name: file, source: file })),
    ...hardNegatives.map((file) => ({ name: file, source: file })),
    ...(await drawnQueries()),
  ];
  const wrong: string[] = [];
  const excused = { "at the same time": 0, "mirrored or turned": 0 };
  let themselves = 0;
  for (const { name, source } of queries) {
    const matches = await search(source);
    if (matches.some(({ slot }) => names[slot] === name)) themselves++;
    for (const match of matches)
      if (names[match.slot] !== name) {
        const excuse = excuseFor(name, names[match.slot] ?? "");
        if (excuse) excused[excuse]++;
        else
          wrong.push(
            `${basename(name)} = ${basename(names[match.slot] ?? "")} (score ${match.score.toFixed(0)}, ${match.inliers} inliers, ${match.variant})`,
          );
      }
  }
  console.log(
    `${queries.length} other pictures as queries: ${themselves} found themselves, ${wrong.length} wrong matches, and of other clocks ${excused["at the same time"]} at the same time, ${excused["mirrored or turned"]} that show it mirrored or turned`,
  );
  for (const line of wrong) console.log(`  ${line}`);
}

/** By what two drawn pictures, by name, pass for each other's copies. */
function excuseFor(name: string, other: string): ReturnType<typeof likenessOfClocks> {
  const kind = drawnKinds.find((one) => name.startsWith(`${one} `) && other.startsWith(`${one} `));
  const seedOf = (drawn: string): number => Number(drawn.slice(drawn.indexOf(" ")));
  return kind && likenessOfClocks(kind, seedOf(name), seedOf(other));
}

/** Drawn pictures evenly from all that are in the index, from the one of number --drawn-shift on. */
async function drawnQueries(): Promise<{ name: string; source: Buffer }[]> {
  const count = Number(values["drawn-queries"]);
  const step = Number(values.drawn) / count;
  const shift = Number(values["drawn-shift"]);
  const numbers = Array.from({ length: count }, (_, i) =>
    drawnNumber(Math.floor(i * step) + (i % drawnKinds.length) + shift),
  );
  return Promise.all(
    numbers.map(async ({ kind, seed }) => ({ name: `${kind} ${seed}`, source: await drawPicture(kind, seed) })),
  );
}

async function search(source: string | Buffer): Promise<GeometricMatch[]> {
  const pixels = await decodeSmall(source);
  const start = process.cpuUsage();
  const features = extractFeatures(pixels, { purpose: "query" });
  const middle = process.cpuUsage();
  const matches = findPartialCopies(index, features);
  const end = process.cpuUsage();
  cpu.extract += (middle.user + middle.system - start.user - start.system) / 1000;
  cpu.search += (end.user + end.system - middle.user - middle.system) / 1000;
  cpu.queries++;
  return matches;
}
