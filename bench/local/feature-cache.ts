import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { extractFeatures } from "@utsuru/core/features";
import { featuresVersion } from "@utsuru/core/local-features";
import { packFeatures } from "@utsuru/core/pack-features";
import { decodeSmall } from "./decode.ts";

const cache = join(import.meta.dirname, "../.cache");

/** Packed features of pictures, made once and kept in bench/.cache under the name, the features' version and their count. */
export async function cachedFeatures(
  name: string,
  count: number,
  picture: (number: number) => string | Promise<Buffer>,
): Promise<Uint8Array[]> {
  const file = join(cache, `features-${featuresVersion}-${name}-${count}.bin`);
  if (!existsSync(file)) {
    const packed: Buffer[] = [];
    for (let number = 0; number < count; number++)
      packed.push(Buffer.from(packFeatures(extractFeatures(await decodeSmall(await picture(number))))));
    await mkdir(cache, { recursive: true });
    await writeFile(`${file}.new`, Buffer.concat(packed.flatMap((bytes) => [lengthOf(bytes), bytes])));
    await rename(`${file}.new`, file);
  }
  return split(await readFile(file));
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return length;
}

function split(bytes: Buffer): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16LE(at);
    pieces.push(new Uint8Array(bytes.subarray(at + 2, end)));
    at = end;
  }
  return pieces;
}
