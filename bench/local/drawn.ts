import sharp from "sharp";
import { type DrawnKind, drawnKinds, minutesShown, painters } from "./painters.ts";
import { drawingSize, type Hand, scatter } from "./strokes.ts";

/** Layouts that a kind has: pictures whose seeds differ by a multiple of it are of one make, with other contents. */
export const layoutsPerKind = 100;

/** Pictures from this seed on have 100 layouts of their own: what was fitted to those says nothing of the ones before. */
export const fittingSeed = 1_000_000;

/** Draws a picture of a kind; the same seed draws the same picture, another seed other contents, in one of 100 layouts. */
export function drawPicture(kind: DrawnKind, seed: number): Promise<Buffer> {
  const { width, height } = drawingSize;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#fff"/>${painters[kind](handOf(kind, seed))}</svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 88 }).toBuffer();
}

function handOf(kind: DrawnKind, seed: number): Hand {
  const own = 1_000_003 * (drawnKinds.indexOf(kind) + 1);
  const edition = seed >= fittingSeed ? 5000 : 0;
  return {
    layout: scatter(own + edition + (seed % layoutsPerKind)),
    content: scatter(own + 7919 * (seed + 100)),
    number: Math.floor(seed / layoutsPerKind),
  };
}

/**
 * Whether two drawings are of one kind and differ by what an editor changes too: two clocks at the same time, give or take a minute, are each
 * other's recoloured copy.
 */
export function mayPassForCopy(kind: DrawnKind, seed: number, other: number): boolean {
  if (kind !== "clock") return false;
  const [a, b] = [handOf(kind, seed), handOf(kind, other)].map(({ content, number }) => minutesShown(content, number));
  const apart = Math.abs((a ?? 0) - (b ?? 0)) % minutesAround;
  return Math.min(apart, minutesAround - apart) <= 1;
}

/** A clock's hands are where they were after half a day. */
const minutesAround = 720;
