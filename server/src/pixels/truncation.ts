import type { Format } from "../ports.ts";
import { findFirstFrameEnd } from "./gif-header.ts";

const jpegEnd = Buffer.from([0xff, 0xd9]);

/** Whether a file lacks the end that its format calls for. Asked once decoding has failed, to say why: some decoders forgive a missing end. */
export function isCutOff(file: Buffer, format: Format): boolean {
  switch (format) {
    case "jpeg":
      return !file.includes(jpegEnd);
    case "png":
      return !file.includes("IEND");
    case "gif":
      return findFirstFrameEnd(file) > file.length;
    case "webp":
      return file.length < 8 || file.readUInt32LE(4) + 8 > file.length;
    case "avif":
      return isLastBoxCutOff(file);
  }
}

function isLastBoxCutOff(file: Buffer): boolean {
  let at = 0;
  while (at + 8 <= file.length) {
    const length = file.readUInt32BE(at);
    // 0: up to the end of the file; 1: a length of 64 bits, which no picture that fits in memory needs.
    if (length < 8) return false;
    at += length;
  }
  return at !== file.length;
}
