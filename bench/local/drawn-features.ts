import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { extractFeatures } from "@utsuru/core/features";
import { featuresVersion } from "@utsuru/core/local-features";
import { packFeatures } from "@utsuru/core/pack-features";
import { decodeSmall } from "./decode.ts";
import { drawPicture } from "./drawn.ts";
import { type DrawnKind, drawnKinds } from "./painters.ts";

/** A drawn picture by name, and what a server would store of it. */
export interface DrawnFeatures {
  readonly kind: DrawnKind;
  readonly seed: number;
  readonly packed: Uint8Array;
}

const cache = join(import.meta.dirname, "../.cache");
/** Pictures of one file of the cache: about a minute's work, which an interruption costs at most. */
const batch = 1000;

/** Packed features of the first `count` drawn pictures, the kinds in turn; made once and kept in bench/.cache. */
export async function drawnFeatures(count: number): Promise<DrawnFeatures[]> {
  await mkdir(cache, { recursive: true });
  const all: DrawnFeatures[] = [];
  for (let from = 0; from < count; from += batch)
    for (const packed of await readBatch(from)) {
      if (all.length === count) return all;
      all.push({ ...drawnNumber(all.length), packed });
    }
  return all;
}

/** Which picture the one of this number is. */
export function drawnNumber(number: number): { kind: DrawnKind; seed: number } {
  const kind = drawnKinds[number % drawnKinds.length] ?? drawnKinds[0];
  return { kind, seed: Math.floor(number / drawnKinds.length) };
}

async function readBatch(from: number): Promise<Uint8Array[]> {
  const file = join(cache, `drawn-features-${featuresVersion}-${from}.bin`);
  if (!existsSync(file)) await writeBatch(file, from);
  const bytes = await readFile(file);
  const batchFeatures: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    batchFeatures.push(new Uint8Array(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return batchFeatures;
}

async function writeBatch(file: string, from: number): Promise<void> {
  const parts: Buffer[] = [];
  for (let number = from; number < from + batch; number++) {
    const { kind, seed } = drawnNumber(number);
    const packed = packFeatures(extractFeatures(await decodeSmall(await drawPicture(kind, seed))));
    const length = Buffer.alloc(2);
    length.writeUInt16LE(packed.length);
    parts.push(length, Buffer.from(packed));
  }
  await writeFile(`${file}.new`, Buffer.concat(parts));
  await rename(`${file}.new`, file);
}
