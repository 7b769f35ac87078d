import type { Pixels } from "@utsuru/core/pixels";
import sharp from "sharp";
import { explain } from "./libvips.ts";
import { openOptions, type Picture } from "./picture.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pictures up to here are hashed at full size. */
const fullSizePixelsMax = 2e6;

/** Sides of larger pictures when they are shrunk on load, stretched to about a square: what both hashes and local features need. */
const shrunkSideMax = 640;

/** sharp decodes a JPEG at half, a quarter or an eighth of its size only where each side is then shrunk further by a fifth or so. */
const quarteredFrom = 5 * 512;

/**
 * Decodes the first frame: turned upright, transparency on white, sRGB.
 *
 * `exact` gives every pixel; otherwise pictures over 2 megapixels are shrunk on load and stretched to about a square.
 */
export async function readPixels(picture: Picture, { exact = false }: { exact?: boolean } = {}): Promise<Pixels> {
  const image = sharp(picture.firstFrame, openOptions(picture)).autoOrient();
  if (!exact && isLarge(picture.header)) image.resize(shrunkSizeOf(picture.header));
  try {
    const { data, info } = await image
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels === 1 ? 1 : 3 };
  } catch (error) {
    throw explain(error, picture.firstFrame, picture.header.format);
  }
}

function isLarge({ width, height }: Size): boolean {
  return width * height > fullSizePixelsMax;
}

function shrunkSizeOf({ width, height }: Size): Size & { readonly fit: "fill" } {
  return { width: shrunkSideOf(width), height: shrunkSideOf(height), fit: "fill" };
}

/** A fifth from where that is enough, so that a quarter is decoded: a third less time than at half. */
function shrunkSideOf(side: number): number {
  return Math.min(shrunkSideMax, side >= quarteredFrom ? Math.trunc(side / 5) : side);
}
