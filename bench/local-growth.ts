/**
 * What a search for parts costs as the library grows: libraries of distorted features of 300 photographs, CPU of candidates and of
 * everything after extraction, and memory.
 *
 *   node bench/local-growth.ts [--sizes 1000,10000,100000] [--queries 40]
 */
import { parseArgs } from "node:util";
import { FeatureIndex } from "@utsuru/core/feature-index";
import { extractFeatures } from "@utsuru/core/features";
import type { LocalFeatures } from "@utsuru/core/local-features";
import { packFeatures } from "@utsuru/core/pack-features";
import { findPartialCopies } from "@utsuru/core/partial-copies";
import { readCorpus } from "./corpus.ts";
import { decodeSmall } from "./local/decode.ts";
import { distorted } from "./local/distorted.ts";
import { scatter } from "./local/strokes.ts";
import { quantile } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,10000,100000" },
    queries: { type: "string", default: "40" },
  },
});

const files = (await readCorpus()).filter(({ role }) => role === "distractor").map(({ file }) => file);
const library = await Promise.all(files.slice(0, 300).map(async (file) => extractFeatures(await decodeSmall(file))));
const queries = await Promise.all(
  files
    .slice(0, Number(values.queries))
    .map(async (file) => extractFeatures(await decodeSmall(file), { purpose: "query" })),
);
const random = scatter(7);
const index = new FeatureIndex();
for (const size of values.sizes.split(",").map(Number)) {
  const before = index.size;
  let indexing = 0;
  while (index.size < size) {
    const packed = packFeatures(picture(index.size));
    indexing += timed(() => index.addPacked(packed, 0));
  }
  console.log(`${size}: ${((1000 * indexing) / (size - before)).toFixed(0)} µs to take one in`);
  report(size);
}

function report(size: number): void {
  for (const query of queries.slice(0, 5)) findPartialCopies(index, query);
  const candidates = queries.map((query) => timed(() => index.candidates(query, { count: 24 })));
  const all = queries.map((query) => timed(() => findPartialCopies(index, query)));
  const line = (name: string, of: number[]): string =>
    `${name} p50 ${quantile(of, 0.5).toFixed(1)}, p99 ${quantile(of, 0.99).toFixed(1)} ms`;
  console.log(
    `${size}: ${line("candidates", candidates)}; ${line("with geometry", all)}; ${(index.bytes / size / 1000).toFixed(2)} kB a picture`,
  );
}

/** The first pictures are the photographs themselves, further ones are distorted. */
function picture(number: number): LocalFeatures {
  const photograph = library[number % library.length] as LocalFeatures;
  return number < library.length ? photograph : distorted(photograph, random);
}

function timed(work: () => unknown): number {
  const start = cpuMs();
  work();
  return cpuMs() - start;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
