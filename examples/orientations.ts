// What was done to a picture: mirroring is told from the codes alone. Run it with `node examples/orientations.ts`.

import { dct256 } from "@utsuru/core/dct256";
import { hammingDistance } from "@utsuru/core/distance";
import { orientations } from "@utsuru/core/orientations";
import { drawPicture } from "./draw-picture.ts";
import { mirror } from "./mirror.ts";

const original = dct256(drawPicture(7)).whole;
const copy = dct256(mirror(drawPicture(7))).whole;

// `codes` has the code that the original would have after each symmetry: that of the copy is among them, bit for bit.
for (const orientation of orientations) {
  const distance = hammingDistance(original.codes[orientation], copy.fingerprint.code);
  console.log(`${orientation.padEnd(16)} ${distance}`);
}
