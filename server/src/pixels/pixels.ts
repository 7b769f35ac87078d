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

/**
 * Sides of larger pictures when they are shrunk on load, stretched to a square.
 *
 * PDQ averages over windows of a 128th of a side, and windows of an even number of pixels are half a pixel off centre, so the side must be an odd
 * multiple of 128. 16 photographs in 6 shapes of 2 to 12 megapixels, distance to the hash at full size: 896 × 896 median 2 bits, at most 8;
 * 1152 × 1152 the same; 1024 on the longest side, shape kept, median 6, at most 20.
 */
const shrunkSide = 7 * 128;

/**
 * Decodes the first frame: turned upright, transparency on white, sRGB.
 *
 * `exact` gives every pixel; otherwise pictures over 2 megapixels are shrunk on load and stretched to a square, as PDQ does next.
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
  return { width: Math.min(width, shrunkSide), height: Math.min(height, shrunkSide), fit: "fill" };
}
