import { MultiIndex } from "@utsuru/core/multi-index";
import { median, quantile, round } from "../statistics.ts";
import { builtIndex } from "./local.ts";
import { radius } from "./peer.ts";
import { codeBytes, codesOf, orientationsOf, queriesOf, randomFrom, type Spread } from "./sets.ts";

const queryCount = 400;
/** V8 compiles WebAssembly well in the background, once it has been called often. */
const warmUp = 200;
const changes = 20_000;

export const growthColumns = [
  "codes",
  "spread",
  "p50 ms",
  "p99 ms",
  "8 orientations, p50 ms",
  "× one",
  "bytes a code",
  "build, s",
  "adds a second",
  "longest add, ms",
  "snapshot restored, s",
];

/** What the index takes for so many codes: to answer, to build, to change, to come back from a snapshot. */
export async function growthRow(spread: Spread, count: number): Promise<(string | number)[]> {
  const codes = codesOf(spread, count, randomFrom(count));
  const begun = performance.now();
  const index = builtIndex(codes);
  const builtMs = performance.now() - begun;
  const bytes = index.bytes / index.size;
  const { one, eight } = answers(index, queriesOf(codes, spread, { count: queryCount, seed: 2 }));
  const restoredMs = await restoring(index);
  const adds = additions(index, codes.subarray(0, changes * codeBytes));
  return [
    count.toLocaleString("en"),
    spread,
    round(median(one), 3),
    round(quantile(one, 0.99), 3),
    round(median(eight), 3),
    round(median(eight) / median(one), 1),
    round(bytes, 1),
    round(builtMs / 1000, 2),
    Math.round((adds.length * 1000) / adds.reduce((sum, ms) => sum + ms, 0)),
    round(Math.max(...adds), 1),
    round(restoredMs / 1000, 2),
  ];
}

/** From pieces in memory, so that no disk is measured. */
async function restoring(index: MultiIndex): Promise<number> {
  const pieces = [...index.snapshot()];
  const begun = performance.now();
  await MultiIndex.restore(pieces);
  return performance.now() - begun;
}

function answers(index: MultiIndex, queries: readonly Uint8Array[]): { one: number[]; eight: number[] } {
  const one: number[] = [];
  const eight: number[] = [];
  const random = randomFrom(4);
  for (const query of queries.slice(0, warmUp)) {
    index.within(query, radius);
    index.withinAny(orientationsOf(query, random), radius);
  }
  for (const query of queries) {
    const orientations = orientationsOf(query, random);
    one.push(msOf(() => index.within(query, radius)));
    eight.push(msOf(() => index.withinAny(orientations, radius)));
  }
  return { one, eight };
}

function additions(index: MultiIndex, codes: Uint8Array): number[] {
  const times: number[] = [];
  for (let at = 0; at < codes.length; at += codeBytes) {
    times.push(msOf(() => index.add(codes.subarray(at, at + codeBytes), 0)));
  }
  return times;
}

function msOf(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
