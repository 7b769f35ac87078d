import { drawPicture } from "./drawn.ts";
import { cachedFeatures } from "./feature-cache.ts";
import { type DrawnKind, drawnKinds } from "./painters.ts";

/** A drawn picture by name, and what a server would store of it. */
export interface DrawnFeatures {
  readonly kind: DrawnKind;
  readonly seed: number;
  readonly packed: Uint8Array;
}

/** Pictures of one file of the cache: about a minute's work, which an interruption costs at most. */
const batch = 1000;

/** Packed features of the first `count` drawn pictures, the kinds in turn. */
export async function drawnFeatures(count: number): Promise<DrawnFeatures[]> {
  const all: DrawnFeatures[] = [];
  for (let from = 0; from < count; from += batch) {
    const drawn = await cachedFeatures(`drawn-from-${from}`, batch, (number) => {
      const { kind, seed } = drawnNumber(from + number);
      return drawPicture(kind, seed);
    });
    for (const packed of drawn) all.push({ ...drawnNumber(all.length), packed });
  }
  return all.slice(0, count);
}

/** Which picture the one of this number is. */
export function drawnNumber(number: number): { kind: DrawnKind; seed: number } {
  const kind = drawnKinds[number % drawnKinds.length] ?? drawnKinds[0];
  return { kind, seed: Math.floor(number / drawnKinds.length) };
}
