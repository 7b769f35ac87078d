import type { Format } from "../ports.ts";

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const jpegSignature = Buffer.from([0xff, 0xd8, 0xff]);

/** Brands of ISO base media files that hold AV1 stills (MIAF, ISO/IEC 23000-22; AVIF 1.1, section 6). */
const avifBrands = new Set(["avif", "avis"]);
/** Brands that say nothing of the codec: the compatible brands decide. */
const neutralBrands = new Set(["mif1", "msf1", "miaf"]);

/** Tells the format of a file by its first bytes, whatever its name says; `undefined` for every other kind of file. */
export function formatOf(file: Buffer): Format | undefined {
  if (startsWith(file, jpegSignature)) return "jpeg";
  if (startsWith(file, pngSignature)) return "png";
  if (["GIF87a", "GIF89a"].includes(textAt(file, 0, 6))) return "gif";
  if (textAt(file, 0, 4) === "RIFF" && textAt(file, 8, 4) === "WEBP") return "webp";
  if (isAvif(file)) return "avif";
  return undefined;
}

/** Whether a file is so short that it could still become one of the formats: a stub of a picture rather than another kind of file. */
export function isStub(file: Buffer): boolean {
  if (file.length >= 12) return false;
  const signatures = [jpegSignature, pngSignature, Buffer.from("GIF89a"), Buffer.from("GIF87a")];
  if (signatures.some((signature) => startsWith(signature.subarray(0, file.length), file))) return true;
  const isWebpStub = startsWith(file, Buffer.from("RIFF").subarray(0, file.length));
  const isAvifStub = file.length <= 4 ? startsWith(file, Buffer.alloc(Math.min(2, file.length))) : isFtyp(file);
  return isWebpStub || isAvifStub;
}

function isAvif(file: Buffer): boolean {
  if (file.length < 12 || textAt(file, 4, 4) !== "ftyp") return false;
  const major = textAt(file, 8, 4);
  if (avifBrands.has(major)) return true;
  if (!neutralBrands.has(major)) return false;
  const end = Math.min(file.readUInt32BE(0), file.length, 4096);
  for (let at = 16; at + 4 <= end; at += 4) if (avifBrands.has(textAt(file, at, 4))) return true;
  return false;
}

function isFtyp(file: Buffer): boolean {
  return textAt(file, 4, 4) === "ftyp".slice(0, file.length - 4);
}

function startsWith(file: Buffer, start: Buffer): boolean {
  return file.length >= start.length && file.subarray(0, start.length).equals(start);
}

function textAt(file: Buffer, at: number, length: number): string {
  return file.toString("latin1", at, at + length);
}
