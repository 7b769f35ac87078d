import { Failure } from "../errors.ts";
import type { Coding, Declared } from "./declared.ts";

/**
 * Pixels up to which each coding is decoded. Peaks of a decoding process just under the limits, sharp 0.35.5, libvips 8.18.7:
 * JPEG baseline 100 MP 78 MB, progressive 100 MP 372 MB, PNG 100 MP 130 MB, interlaced 16-bit 49 MP 514 MB, GIF 100 MP 519 MB, AVIF 25 MP 533 MB.
 */
export const pixelsMax: Readonly<Record<Coding, number>> = {
  jpeg: 100e6,
  "jpeg-progressive": 60e6,
  png: 100e6,
  "png-heavy": 40e6,
  gif: 50e6,
  webp: 60e6,
  avif: 16e6,
};

/** Scans up to which a JPEG is decoded: encoders write 10 or so; 800 scans in 337 kB took 36 s. */
export const scansMax = 64;

/** Refuses what would cost too much to decode: throws `image-too-large` or `image-too-complex`. */
export function checkLimits(declared: Declared): void {
  const limit = pixelsMax[declared.coding];
  const pixels = declared.width * declared.height;
  if (pixels > limit) {
    throw new Failure(
      "image-too-large",
      `The picture is ${declared.width} × ${declared.height} pixels; pictures of its kind are taken up to ${limit / 1e6} megapixels.`,
    );
  }
  if ((declared.work ?? 0) > limit) {
    throw new Failure(
      "image-too-large",
      `The picture's tiles hold more than the ${limit / 1e6} megapixels that are taken of its kind.`,
    );
  }
  if ((declared.scans ?? 0) > scansMax) {
    throw new Failure(
      "image-too-complex",
      `The JPEG asks for more than ${scansMax} passes over the picture, which no camera or editor writes.`,
    );
  }
}
