import type { Format } from "../ports.ts";
import { readAvifHeader } from "./avif-header.ts";
import type { Declared } from "./declared.ts";
import { readGifHeader } from "./gif-header.ts";
import { readJpegHeader } from "./jpeg-header.ts";
import { readPngHeader } from "./png-header.ts";
import { readWebpHeader } from "./webp-header.ts";

/** Reads what the file declares; `undefined` when its header is cut off or makes no sense. */
export function readDeclared(file: Buffer, format: Format): Declared | undefined {
  switch (format) {
    case "jpeg":
      return readJpegHeader(file);
    case "png":
      return readPngHeader(file);
    case "gif":
      return readGifHeader(file);
    case "webp":
      return readWebpHeader(file);
    case "avif":
      return readAvifHeader(file);
  }
}
