import { toHex } from "@utsuru/core/fingerprint";
import type { OrientedFingerprint } from "@utsuru/core/oriented-fingerprint";
import { Failure } from "../errors.ts";
import type { Decoder } from "../ports.ts";
import { digestFile } from "./digest-file.ts";

/** Prints one JSON line a file, in the order given; returns whether every file was a picture. */
export async function hashFiles(decoder: Decoder, files: readonly string[]): Promise<boolean> {
  let allGood = true;
  for (const file of files) {
    const line = await describe(decoder, file).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      allGood = false;
      return { file, problem: { code: error.code, detail: error.message } };
    });
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  return allGood;
}

async function describe(decoder: Decoder, file: string): Promise<object> {
  const { sha256, bytes } = await digestFile(file);
  const { format, width, height, pdq, dct256 } = await decoder.inspect(file, {
    signal: new AbortController().signal,
    exact: true,
  });
  return {
    file,
    format,
    width,
    height,
    bytes,
    sha256,
    pdq: view(pdq),
    dct256: view(dct256.whole),
    ...(dct256.trimmed ? { dct256Trimmed: view(dct256.trimmed) } : {}),
  };
}

function view({ fingerprint }: OrientedFingerprint): { hex: string; quality: number } {
  return { hex: toHex(fingerprint.code), quality: fingerprint.quality };
}
