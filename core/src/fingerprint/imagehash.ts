import { decompose, recompose } from "./haar.ts";
import { type Grey, resizeLanczos } from "./lanczos.ts";
import type { Pixels } from "./pixels.ts";

/** How long a hash is: `hashSize`² bits. */
export interface ImageHashOptions {
  /** Bits along each side, 2 or more; 8 unless given. For `waveletHash` a power of two. */
  readonly hashSize?: number;
}

/**
 * Computes the average hash of Python's ImageHash (`average_hash`): which cells are brighter than the mean.
 *
 * Returns the hexadecimal text that `str(hash)` gives there: `hashSize`² bits, row by row, the first bit highest.
 * @throws RangeError when `hashSize` is not a whole number of 2 or more.
 * Source: ImageHash 4.3.2 on Pillow.
 */
export function averageHash(pixels: Pixels, { hashSize = 8 }: ImageHashOptions = {}): string {
  const { data } = shrink(pixels, sized(hashSize), hashSize);
  const total = data.reduce((sum, value) => sum + value, 0);
  return toText(Array.from(data, (value) => value * data.length > total));
}

/**
 * Computes `phash` of Python's ImageHash: which low frequencies exceed their median. Result and errors as of `averageHash`.
 *
 * Of symmetric pictures (chequered, one-way gradients) a hash of size 5 or 7 may differ from Python's, whose transform leaves rounding errors of
 * 1e-14 at those sizes where the frequency and the median are zero; at 2, 3, 4, 8, 12, 16 and 32 no picture tried did.
 */
export function perceptualHash(pixels: Pixels, { hashSize = 8 }: ImageHashOptions = {}): string {
  const side = 4 * sized(hashSize);
  const { data } = shrink(pixels, side, side);
  const down = transformColumns(Float64Array.from(data), side, hashSize);
  const low = transformColumns(transposed(down, side), side, hashSize);
  // What is zero but for rounding must be zero on both sides of the median (flat and symmetric pictures).
  return aboveMedian(transposed(low, hashSize).map((value) => (Math.abs(value) < 1e-6 ? 0 : value)));
}

/** Computes `dhash` of Python's ImageHash: which cells are brighter than their left neighbours. Result and errors as of `averageHash`. */
export function differenceHash(pixels: Pixels, { hashSize = 8 }: ImageHashOptions = {}): string {
  const { data, width } = shrink(pixels, sized(hashSize) + 1, hashSize);
  const bits: boolean[] = [];
  for (let at = 0; at < data.length; at++) {
    if (at % width > 0) bits.push((data[at] as number) > (data[at - 1] as number));
  }
  return toText(bits);
}

/** Computes `dhash_vertical` of Python's ImageHash: which cells are brighter than those above. Result and errors as of `averageHash`. */
export function verticalDifferenceHash(pixels: Pixels, { hashSize = 8 }: ImageHashOptions = {}): string {
  const { data, width } = shrink(pixels, sized(hashSize), hashSize + 1);
  return toText(Array.from(data.subarray(width), (value, at) => value > (data[at] as number)));
}

/**
 * Computes `whash` of Python's ImageHash with Haar's wavelet: which means of blocks exceed their median, the picture first resized to
 * the greatest power of two within its shorter side and its own mean taken away. Result as of `averageHash`.
 *
 * @throws RangeError when `hashSize` is not a power of two from 2 on.
 * Source: ImageHash 4.3.2 on PyWavelets, with the rounding of each of its steps: it decides in flat and chequered pictures.
 */
export function waveletHash(pixels: Pixels, { hashSize = 8 }: ImageHashOptions = {}): string {
  if (!Number.isInteger(Math.log2(sized(hashSize))))
    throw new RangeError(`waveletHash takes a power of two, not ${hashSize}`);
  const natural = 2 ** Math.trunc(Math.log2(Math.min(pixels.width, pixels.height)));
  const side = Math.max(natural, hashSize);
  const values = new Float64Array(shrink(pixels, side, side).data).map((value) => value / 255);
  const square = { values, side };
  decompose(square, Math.log2(side));
  values[0] = 0;
  recompose(square);
  decompose(square, Math.log2(side / hashSize));
  const means = new Float64Array(hashSize * hashSize);
  for (let y = 0; y < hashSize; y++) means.set(values.subarray(y * side, y * side + hashSize), y * hashSize);
  return aboveMedian(means);
}

function sized(hashSize: number): number {
  if (!Number.isInteger(hashSize) || hashSize < 2)
    throw new RangeError(`a hash size is a whole number from 2 on, not ${hashSize}`);
  return hashSize;
}

function shrink({ data, width, height, channels }: Pixels, toWidth: number, toHeight: number): Grey {
  const grey = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    const red = data[at] as number;
    const green = channels === 1 ? red : (data[at + 1] as number);
    const blue = channels === 1 ? red : (data[at + 2] as number);
    // Pillow's `convert("L")`: ITU-R 601-2 in 65536ths.
    grey[i] = (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16;
  }
  return resizeLanczos({ data: grey, width, height }, toWidth, toHeight);
}

/** The first `kept` coefficients of the unscaled cosine transform (type II) of each column. */
function transformColumns(values: Float64Array, length: number, kept: number): Float64Array {
  const width = values.length / length;
  const transformed = new Float64Array(kept * width);
  for (let k = 0; k < kept; k++) {
    for (let n = 0; n < length; n++) {
      const cosine = 2 * Math.cos((Math.PI * k * (2 * n + 1)) / (2 * length));
      for (let x = 0; x < width; x++) {
        transformed[k * width + x] =
          (transformed[k * width + x] as number) + cosine * (values[n * width + x] as number);
      }
    }
  }
  return transformed;
}

function transposed(values: Float64Array, width: number): Float64Array {
  const height = values.length / width;
  return values.map((_, at) => values[(at % height) * width + Math.trunc(at / height)] as number);
}

function aboveMedian(values: Float64Array): string {
  const sorted = values.toSorted();
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
  return toText(Array.from(values, (value) => value > median));
}

/** Hexadecimal digits of the bits, the first highest, filled up with zeros in front. */
function toText(bits: readonly boolean[]): string {
  const padded = [...Array<boolean>((4 - (bits.length % 4)) % 4).fill(false), ...bits];
  let text = "";
  for (let at = 0; at < padded.length; at += 4) {
    const digit = padded.slice(at, at + 4).reduce((value, bit) => 2 * value + (bit ? 1 : 0), 0);
    text += digit.toString(16);
  }
  return text;
}
