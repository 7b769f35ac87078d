import { tentGrid } from "../kernels/centred-grid.ts";
import { pdqSpectrum } from "../kernels/pdq.ts";
import { spectrumOfGrid } from "../kernels/pdq-reference.ts";
import { pdqTentsOver } from "../kernels/tents.ts";
import { cutAtMedian } from "./cut-at-median.ts";
import type { OrientedFingerprint } from "./oriented-fingerprint.ts";
import type { Pixels } from "./pixels.ts";

/** Pictures narrower or lower than this have no PDQ: their code is all zeros and their quality 0. */
const sideMin = 5;

/** Meta's command line shrinks what exceeds this to a square of this side first. */
const commandLineSide = 512;

/**
 * Computes the PDQ fingerprint of a picture at its full size, bit for bit as Meta's library does on the same pixels.
 *
 * The codes of the other orientations come from the same spectrum, so they agree only nearly with the PDQ of really turned pixels
 * (10 bits for a mirrored photograph at the median).
 * @throws RangeError when a side exceeds 2^24 pixels.
 * Source: Facebook, The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm, 2019.
 */
export function pdq(pixels: Pixels): OrientedFingerprint {
  if (pixels.width < sideMin || pixels.height < sideMin) return cutFingerprint(new Float32Array(256), 0);
  const { coefficients, quality } = pdqSpectrum(pixels);
  return cutFingerprint(coefficients, quality);
}

/**
 * Computes nearly the PDQ fingerprint that a picture has at its full size from pixels that it was shrunk or stretched to: from its own
 * pixels exactly that.
 *
 * PDQ's windows and samples are laid out in pixels of the original, by fractions of those that are there. Photographs of 2 to 24
 * megapixels, from 512 to 640 pixels a side: 0 bits from PDQ at full size at the median, 4 at most (docs/decisions/0006-hashed-at-640.md).
 * @throws RangeError when a side exceeds 131,072 pixels.
 */
export function pdqOfShrunk(pixels: Pixels, original: Size): OrientedFingerprint {
  const { width, height } = pixels;
  const isWhole = width === original.width && height === original.height;
  if (isWhole || Math.min(original.width, original.height) < sideMin) return pdq(pixels);
  const tents = { across: pdqTentsOver(width, original.width), down: pdqTentsOver(height, original.height) };
  const grid = Float32Array.from(tentGrid(pixels, { left: 0, top: 0, width, height }, tents), (luma) => luma / 256);
  const { coefficients, quality } = spectrumOfGrid(grid);
  return cutFingerprint(coefficients, quality);
}

/** How large a picture is, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Computes the PDQ fingerprint as Meta's command line `pdq-photo-hasher` prints it: a picture with a side above 512 pixels is first
 * squeezed into 512×512 by taking the nearest pixel, its proportions lost. It differs from `pdq` by 3.5 bits on average, 10 at most.
 *
 * @throws RangeError when a side exceeds 2^24 pixels.
 */
export function pdqCommandLine(pixels: Pixels): OrientedFingerprint {
  const exceeds = Math.max(pixels.width, pixels.height) > commandLineSide;
  return pdq(exceeds ? nearestSquare(pixels) : pixels);
}

function cutFingerprint(coefficients: Float32Array, quality: number): OrientedFingerprint {
  const codes = cutAtMedian(coefficients);
  return { fingerprint: { algorithm: "pdq", code: codes.identity, quality }, codes };
}

function nearestSquare({ data, width, height, channels }: Pixels): Pixels {
  const side = commandLineSide;
  const square = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const row = Math.trunc((y * height) / side) * width;
    for (let x = 0; x < side; x++) {
      const from = (row + Math.trunc((x * width) / side)) * channels;
      const to = (y * side + x) * channels;
      for (let channel = 0; channel < channels; channel++) square[to + channel] = data[from + channel] as number;
    }
  }
  return { data: square, width: side, height: side, channels };
}
