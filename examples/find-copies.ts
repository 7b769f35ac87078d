// An index of a thousand pictures, and the one that a mirrored copy was made of. Run it with `node examples/find-copies.ts`.

import { dct256 } from "@utsuru/core/dct256";
import { MultiIndex } from "@utsuru/core/multi-index";
import { copyDistanceMax } from "@utsuru/core/score";
import { drawPicture } from "./draw-picture.ts";
import { mirror } from "./mirror.ts";

const everyone = 0;
const index = new MultiIndex();
const seedBySlot = new Map<number, number>();
for (let seed = 1; seed <= 1000; seed++) {
  const { fingerprint } = dct256(drawPicture(seed, { width: 64, height: 48 })).whole;
  seedBySlot.set(index.add(fingerprint.code, everyone), seed);
}

// A copy may be mirrored or turned by quarters: the query's codes of all eight orientations are looked for at once.
const { codes } = dct256(mirror(drawPicture(123))).whole;
for (const { slot, distance } of index.withinAny(Object.values(codes), copyDistanceMax.dct256))
  console.log(`picture ${seedBySlot.get(slot)} of ${index.size}, ${distance} of 256 bits apart`);
