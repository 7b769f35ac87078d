import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { sharedFolder } from "../../../../tools/shared-folder.ts";
import type { Pixels } from "../pixels.ts";
import { goldenPictures } from "./golden-pictures.ts";
import type { ReferenceSymmetry } from "./pdq-references.ts";

const golden = sharedFolder("golden");
/** A reason to skip what compares with the golden pictures; `false` where they are. */
export const goldenAbsent: string | false = golden.absent;

/** Reads the golden records of one file, such as `pdq.json`. */
export async function readGolden<R>(name: string): Promise<R[]> {
  return JSON.parse(await readFile(join(golden.path, name), "utf8"));
}

/** Reference values of a picture by PDQ, its codes by the reference's names. */
export interface PdqValues {
  readonly quality: number;
  readonly codes: Readonly<Record<ReferenceSymmetry, string>>;
}

/** Hashes by the names of ImageHash's functions; `_16` is of hash size 16. */
export interface ImageHashes {
  readonly ahash: string;
  readonly phash: string;
  readonly dhash: string;
  readonly dhash_vertical: string;
  readonly whash: string;
  readonly phash_16: string;
  readonly dhash_16: string;
}

/** What golden says of a picture that `goldenPictures` draws. */
export interface DrawnValues {
  readonly name: string;
  /** Of the pixels, red, green, blue. */
  readonly sha256: string;
  readonly pdq: PdqValues;
  /** Of Meta's command line, where it differs. */
  readonly commandLine?: PdqValues;
  readonly imagehash: ImageHashes;
}

/**
 * Golden's values of the drawn pictures, carried over so that they can be tested anywhere: PDQ by Meta's C++ library (facebook/ThreatExchange,
 * commit baefb4ed, g++ 12.2 -O3 on x86-64), the rest by ImageHash 4.3.2 (commit 4e289ebe) on Pillow 9.4.0, NumPy 1.24.2, SciPy 1.10.1 and
 * PyWavelets 1.1.1.
 */
export const drawnValues: readonly DrawnValues[] = JSON.parse(
  await readFile(join(import.meta.dirname, "golden-values.json"), "utf8"),
);

/** Draws the picture that the values are of. */
export function drawGolden({ name, sha256 }: DrawnValues): Pixels {
  const draw = goldenPictures.get(name);
  if (draw === undefined) throw new Error(`${name} is not among the drawn pictures`);
  const pixels = draw();
  if (digestOf(pixels) !== sha256) throw new Error(`${name} was drawn with other pixels than golden's`);
  return pixels;
}

/** Which golden picture, how Pillow reads it, and the SHA-256 of its RGB bytes. */
export interface GoldenPicture {
  readonly file: string;
  readonly mode: string;
  readonly rgb_sha256: string;
}

/** Decodes a golden picture to the very pixels that the reference values were taken from, unturned, transparency dropped. */
export async function decodeGolden({ file, mode, rgb_sha256 }: GoldenPicture): Promise<Pixels> {
  const picture = sharp(join(golden.path, "images", file), { ignoreIcc: true });
  const pixels =
    mode === "CMYK" ? await fromInks(picture) : mode === "I" ? await fromDeep(picture) : await plain(picture);
  if (digestOf(pixels) !== rgb_sha256) throw new Error(`${file} was decoded to other pixels than the reference's`);
  return pixels;
}

function digestOf({ data }: Pixels): string {
  return createHash("sha256").update(data).digest("hex");
}

async function plain(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data: channels === 1 ? tripled(data) : data, width, height, channels: 3 };
}

/** Pillow's way from CMYK: each ink's complement, scaled by black's with rounding. */
async function fromInks(picture: Sharp): Promise<Pixels> {
  const inks = picture.pipelineColourspace("cmyk").toColourspace("cmyk").raw();
  const { data, info } = await inks.toBuffer({ resolveWithObject: true });
  const rgb = new Uint8Array(info.width * info.height * 3);
  for (let i = 0; i < rgb.length; i++) {
    const pixel = Math.trunc(i / 3) * 4;
    const light = 255 - (data[pixel + 3] as number);
    const product = (data[pixel + (i % 3)] as number) * light + 128;
    rgb[i] = light - (((product >> 8) + product) >> 8);
  }
  return { data: rgb, width: info.width, height: info.height, channels: 3 };
}

/** Pillow's way from 16 bits: what exceeds 255 is clipped. */
async function fromDeep(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture
    .toColourspace("grey16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  const samples = new Uint16Array(data.buffer, data.byteOffset, info.width * info.height);
  return { data: tripled(Uint8ClampedArray.from(samples)), width: info.width, height: info.height, channels: 3 };
}

function tripled(grey: ArrayLike<number>): Uint8Array {
  return Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.trunc(i / 3)] as number);
}
