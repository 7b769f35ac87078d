import { readFile, stat } from "node:fs/promises";
import sharp, { type SharpOptions } from "sharp";
import { Failure } from "../errors.ts";
import type { Format, Header } from "../ports.ts";
import type { Coding } from "./declared.ts";
import { formatOf, isStub } from "./format.ts";
import { cutToFirstFrame } from "./gif-header.ts";
import { readDeclared } from "./header.ts";
import { explain } from "./libvips.ts";
import { checkLimits, pixelsMax } from "./limits.ts";

/** A file that passed every check which needs no decoding. */
export interface Picture {
  readonly header: Header;
  /** The whole file. */
  readonly file: Buffer;
  /** The file up to the end of its first frame. */
  readonly firstFrame: Buffer;
  readonly coding: Coding;
}

/** Shorter files end within their header. */
const headerBytesMin = 32;

/** Files are held in memory whole while they are decoded. */
const bytesMax = 128 * 2 ** 20;

/**
 * Reads a file and its header; throws `unsupported-format`, `image-too-large`, `image-too-complex` or `image-broken`
 * before anything is decoded.
 */
export async function openPicture(path: string): Promise<Picture> {
  const { size: bytes } = await stat(path);
  if (bytes > bytesMax) throw new Failure("image-too-large", `The file is larger than ${bytesMax / 2 ** 20} MiB.`);
  const file = await readFile(path);
  const format = recognise(file);
  const declared = readDeclared(file, format);
  if (declared === undefined) {
    if (file.length < headerBytesMin) throw endsEarly();
    throw new Failure("image-broken", "The header of the picture is damaged.");
  }
  checkLimits(declared);
  if (file.length < (declared.bytesMin ?? 0)) throw endsEarly();
  const firstFrame = format === "gif" ? cutToFirstFrame(file) : file;
  const { coding } = declared;
  const size = await readUprightSize(firstFrame, { format, coding });
  return { header: { format, ...size }, file, firstFrame, coding };
}

/**
 * How every picture is opened: damage is refused; embedded profiles are ignored, so that the pixels are those that Pillow
 * and the reference hashes see.
 */
export function openOptions({ coding }: Pick<Picture, "coding">): SharpOptions {
  return { failOn: "error", limitInputPixels: pixelsMax[coding], ignoreIcc: true };
}

function recognise(file: Buffer): Format {
  if (file.length === 0) throw new Failure("image-broken", "The file is empty.");
  const format = formatOf(file);
  if (format !== undefined) return format;
  if (isStub(file)) throw endsEarly();
  throw new Failure("unsupported-format", "The file is not a JPEG, PNG, GIF, WebP or AVIF picture.");
}

/** Width and height after the EXIF turn, as libvips reads them: it must agree before anything is decoded. */
async function readUprightSize(
  file: Buffer,
  { format, coding }: { readonly format: Format; readonly coding: Coding },
): Promise<{ width: number; height: number }> {
  try {
    const { autoOrient } = await sharp(file, openOptions({ coding })).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw explain(error, file, format);
  }
}

function endsEarly(): Failure {
  return new Failure("image-broken", "The file ends before the picture does.");
}
