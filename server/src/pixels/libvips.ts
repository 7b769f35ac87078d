import sharp from "sharp";
import { Failure } from "../errors.ts";
import type { Format } from "../ports.ts";
import { isCutOff } from "./truncation.ts";

/** The loaders that stay open: from memory only, of the five formats only. A path, an SVG or a TIFF reaches none of them. */
const loaders = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadNsgifBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadHeifBuffer",
];

/** Readies libvips for one hostile picture at a time: one thread, nothing kept between pictures, every loader shut but those needed. */
export function hardenLibvips(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: loaders });
}

const names: Readonly<Record<Format, string>> = { jpeg: "JPEG", png: "PNG", gif: "GIF", webp: "WebP", avif: "AVIF" };

/** libvips tells its failures apart by text alone. */
const exhaustion = /out of memory|memory allocation|unable to allocate|insufficient memory|cannot allocate/i;
const excess = /exceeds pixel limit|security limit/i;

/** What it means for a picture that libvips gave up on its file. */
export function explain(error: unknown, file: Buffer, format: Format): Failure {
  const text = error instanceof Error ? error.message : "";
  const options = { cause: error };
  if (exhaustion.test(text)) {
    return new Failure("image-undecodable", "Reading the picture would take more memory than is allowed.", options);
  }
  if (excess.test(text)) {
    return new Failure("image-too-large", "The picture holds more pixels than are taken of its kind.", options);
  }
  if (isCutOff(file, format)) {
    return new Failure("image-broken", "The file ends before the picture does.", options);
  }
  const detail = `The ${names[format]} data is damaged, or of a variant that cannot be decoded.`;
  return new Failure("image-broken", detail, options);
}
