// The fingerprints of a picture, from its decoded pixels. Run it with `node examples/hash-pixels.ts`.

import { hashPixels } from "@utsuru/core/hash-pixels";
import { drawPicture } from "./draw-picture.ts";

const pixels = drawPicture(1);
const { pdq, dct256, phash } = hashPixels(pixels, ["pdq", "dct256", "phash"]);
console.log(`pdq     ${pdq?.hex}  quality ${pdq?.quality}`);
console.log(`dct256  ${dct256?.hex}  quality ${dct256?.quality}`);
console.log(`phash   ${phash?.hex}`);
