import { hammingDistance } from "@utsuru/core/distance";
import { perceptualHash } from "@utsuru/core/imagehash";
import { pdq } from "@utsuru/core/pdq";
import { decodeSmall } from "../local/decode.ts";

/** A picture by name, as a file or as bytes. */
export interface Picture {
  readonly name: string;
  readonly source: string | Buffer;
}

/** A global hash with the threshold of its authors. */
interface HashWay {
  readonly name: string;
  readonly distanceMax: number;
  /** The stored picture's code, then those with which a query is looked for too. */
  readonly codesOf: (pixels: Awaited<ReturnType<typeof decodeSmall>>) => readonly Uint8Array[];
}

/** The peers that compare one code of a picture. */
export const hashWays: readonly HashWay[] = [
  {
    name: "pHash ≤ 8",
    distanceMax: 8,
    codesOf: (pixels) => [Buffer.from(perceptualHash(pixels), "hex")],
  },
  {
    name: "PDQ, 8 orientations, ≤ 31",
    distanceMax: 31,
    codesOf: (pixels) => {
      const { fingerprint, codes } = pdq(pixels);
      return [fingerprint.code, ...Object.values(codes)];
    },
  },
];

/** Codes of pictures by name, searched one by one. */
export class HashLibrary {
  readonly #stored: { readonly name: string; readonly codes: readonly Uint8Array[] }[] = [];

  async add({ name, source }: Picture): Promise<void> {
    const pixels = await decodeSmall(source);
    this.#stored.push({ name, codes: hashWays.map(({ codesOf }) => codesOf(pixels)[0] ?? new Uint8Array()) });
  }

  /** What each way finds of a query: names, nearest first, in the order of `hashWays`. */
  async search({ source }: Picture): Promise<readonly string[][]> {
    const pixels = await decodeSmall(source);
    return hashWays.map(({ codesOf, distanceMax }, way) => {
      const asked = codesOf(pixels);
      return this.#stored
        .map(({ name, codes }) => ({ name, distance: nearest(asked, codes[way] ?? new Uint8Array()) }))
        .filter(({ distance }) => distance <= distanceMax)
        .sort((a, b) => a.distance - b.distance)
        .map(({ name }) => name);
    });
  }
}

function nearest(asked: readonly Uint8Array[], stored: Uint8Array): number {
  return Math.min(...asked.map((code) => hammingDistance(code, stored)));
}
