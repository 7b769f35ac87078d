import sharp from "sharp";
import { type DrawnKind, drawnKinds, painters } from "./painters.ts";
import { drawingSize, scatter } from "./strokes.ts";

/** Layouts that a kind has: pictures whose seeds differ by a multiple of it are of one make, with other contents. */
export const layoutsPerKind = 100;

/** Draws a picture of a kind; the same seed draws the same picture, another seed other contents, in one of 100 layouts. */
export function drawPicture(kind: DrawnKind, seed: number): Promise<Buffer> {
  const own = 1_000_003 * (drawnKinds.indexOf(kind) + 1);
  const hand = {
    layout: scatter(own + (seed % layoutsPerKind)),
    content: scatter(own + 7919 * (seed + 100)),
    number: Math.floor(seed / layoutsPerKind),
  };
  const { width, height } = drawingSize;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${painters[kind](hand)}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer();
}
