/**
 * What uploads of one template do to other searches and to the answer: a library of distorted features of photographs, the same searches
 * before and after the uploads, each of which has a caption of its own (an eighth of its keypoints is distorted).
 *
 *   node bench/local-flood.ts [--library 10000] [--uploads 10000] [--queries 40]
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
    library: { type: "string", default: "10000" },
    uploads: { type: "string", default: "10000" },
    queries: { type: "string", default: "40" },
  },
});
const captioned = 1 / 8;

const files = (await readCorpus()).filter(({ role }) => role === "distractor").map(({ file }) => file);
const photographs = await Promise.all(
  files.slice(0, 200).map(async (file) => extractFeatures(await decodeSmall(file))),
);
const queries = await Promise.all(files.slice(0, Number(values.queries)).map(queryOf));
const templateFile = files[200] ?? "";
const template = extractFeatures(await decodeSmall(templateFile));
const random = scatter(11);
const index = new FeatureIndex();
for (let number = 0; number < Number(values.library); number++) {
  const photograph = photographs[number % photographs.length] as LocalFeatures;
  index.addPacked(packFeatures(number < photographs.length ? photograph : distorted(photograph, random)), 0);
}
report("before");
for (let number = 0; number < Number(values.uploads); number++)
  index.addPacked(packFeatures(distorted(template, random, captioned)), 0);
report("after");
const before = index.hits;
const start = process.cpuUsage();
const matches = findPartialCopies(index, await queryOf(templateFile));
console.log(
  `the template itself: ${matches.length} matches, ${index.hits - before} hits, ${milliseconds(start).toFixed(0)} ms with its extraction`,
);

function report(when: string): void {
  for (const query of queries.slice(0, 5)) findPartialCopies(index, query);
  const before = index.hits;
  let first = 0;
  const times = queries.map((query, own) => {
    const start = process.cpuUsage();
    const [best] = findPartialCopies(index, query);
    if (best?.slot === own) first++;
    return milliseconds(start);
  });
  console.log(
    `${when}: ${index.size} pictures; ${first} of ${queries.length} find themselves first; ${((index.hits - before) / queries.length).toFixed(0)} hits a search; CPU p50 ${quantile(times, 0.5).toFixed(1)}, p99 ${quantile(times, 0.99).toFixed(1)} ms`,
  );
}

async function queryOf(file: string): Promise<LocalFeatures> {
  return extractFeatures(await decodeSmall(file), { purpose: "query" });
}

function milliseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
