import type { HashName } from "@utsuru/core/hash-pixels";
import { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";
import { digestFile } from "./digest-file.ts";

/** Prints one JSON line a file, in the order given; returns whether every file was a picture. */
export async function hashFiles(
  decoder: Decoder,
  files: readonly string[],
  names: readonly HashName[],
): Promise<boolean> {
  let allGood = true;
  for (const file of files) {
    const line = await describe(decoder, file, names).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      allGood = false;
      return { file, problem: { code: error.code, detail: error.message } };
    });
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  return allGood;
}

async function describe(decoder: Decoder, file: string, names: readonly HashName[]): Promise<object> {
  const { sha256, bytes } = await digestFile(file);
  const { format, width, height, hashes } = await decoder.hash(file, { names, signal: new AbortController().signal });
  return { file, format, width, height, bytes, sha256, ...hashes };
}
