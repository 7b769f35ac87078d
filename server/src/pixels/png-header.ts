import type { Declared } from "./declared.ts";

/** Reads a PNG's IHDR (PNG, third edition, 11.2.1). Interlaced or 16-bit pictures cost several times the memory of others. */
export function readPngHeader(file: Buffer): Declared | undefined {
  if (file.length < 33 || file.toString("latin1", 12, 16) !== "IHDR") return undefined;
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  if (width === 0 || height === 0) return undefined;
  const isDeep = file[24] === 16;
  const isInterlaced = file[28] !== 0;
  return { coding: isDeep || isInterlaced ? "png-heavy" : "png", width, height };
}
