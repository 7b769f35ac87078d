import type { Declared } from "./declared.ts";

/** Reads the size of a WebP's canvas from its first chunk (RFC 9649): lossy, lossless or extended. */
export function readWebpHeader(file: Buffer): Declared | undefined {
  if (file.length < 30) return undefined;
  const size = readCanvas(file);
  if (size === undefined || size.width === 0 || size.height === 0) return undefined;
  return { coding: "webp", ...size };
}

function readCanvas(file: Buffer): { width: number; height: number } | undefined {
  switch (file.toString("latin1", 12, 16)) {
    case "VP8 ":
      return { width: file.readUInt16LE(26) & 0x3fff, height: file.readUInt16LE(28) & 0x3fff };
    case "VP8L": {
      const bits = file.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: file.readUIntLE(24, 3) + 1, height: file.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}
