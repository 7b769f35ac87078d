import type { Purpose } from "@utsuru/core/features";
import { distanceMax, scoreOf } from "@utsuru/core/score";
import { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";
import { compare } from "../search/compare.ts";
import { type Query, queryOfFile } from "../search/query.ts";
import { digestFile } from "./digest-file.ts";

/** Prints how near two files are as one JSON line; returns whether both were pictures. */
export async function compareFiles(decoder: Decoder, a: string, b: string): Promise<boolean> {
  try {
    const [left, right] = [await queryOf(decoder, a, "query"), await queryOf(decoder, b, "store")];
    const { distance, orientation, inverted, evidence } = compare(left, right);
    const score = evidence?.score ?? scoreOf(distance);
    const verdict = evidence?.verdict ?? null;
    const line = { a, b, distance, distanceMax, score, verdict, orientation, inverted, ...evidence?.alignment };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stdout.write(`${JSON.stringify({ a, b, problem: { code: error.code, detail: error.message } })}\n`);
    return false;
  }
}

async function queryOf(decoder: Decoder, path: string, features: Purpose): Promise<Query> {
  const file = { path, ...(await digestFile(path)) };
  return queryOfFile({ decoder }, file, { features, signal: new AbortController().signal });
}
