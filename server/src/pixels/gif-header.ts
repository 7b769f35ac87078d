import type { Declared } from "./declared.ts";

const block = { extension: 0x21, image: 0x2c, trailer: 0x3b };

/** Where a GIF's first frame stands in its file. `end` is past its last data block, or past the file when that is cut off. */
interface FirstFrame {
  readonly width: number;
  readonly height: number;
  readonly end: number;
}

/** Reads a GIF's canvas, widened to its first frame when that reaches out of it. */
export function readGifHeader(file: Buffer): Declared | undefined {
  const frame = findFirstFrame(file);
  if (frame === undefined) return undefined;
  const width = Math.max(file.readUInt16LE(6), frame.width);
  const height = Math.max(file.readUInt16LE(8), frame.height);
  return { coding: "gif", width, height };
}

/**
 * Cuts a GIF after its first frame, so that a hundred thousand further ones cost nothing.
 * A file whose first frame is cut off comes back as it is.
 */
export function cutToFirstFrame(file: Buffer): Buffer {
  const frame = findFirstFrame(file);
  if (frame === undefined || frame.end >= file.length) return file;
  return Buffer.concat([file.subarray(0, frame.end), Buffer.from([block.trailer])]);
}

/** Where the first frame's data ends; past the file's end when it is cut off there or before. */
export function findFirstFrameEnd(file: Buffer): number {
  return findFirstFrame(file)?.end ?? file.length + 1;
}

/** Walks the blocks of GIF89a, sections 18 to 24. */
function findFirstFrame(file: Buffer): FirstFrame | undefined {
  if (file.length < 13) return undefined;
  let at = 13 + colourTableBytes(file[10] ?? 0);
  while (at < file.length) {
    if (file[at] === block.extension) at = skipDataBlocks(file, at + 2);
    else if (file[at] === block.image && at + 10 <= file.length) return readFrame(file, at);
    else return undefined;
  }
  return undefined;
}

function readFrame(file: Buffer, at: number): FirstFrame | undefined {
  const width = file.readUInt16LE(at + 1) + file.readUInt16LE(at + 5);
  const height = file.readUInt16LE(at + 3) + file.readUInt16LE(at + 7);
  if (width === 0 || height === 0) return undefined;
  const data = at + 10 + colourTableBytes(file[at + 9] ?? 0);
  return { width, height, end: skipDataBlocks(file, data + 1) };
}

function colourTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function skipDataBlocks(file: Buffer, from: number): number {
  let at = from;
  while (at < file.length) {
    const length = file[at] ?? 0;
    at += 1 + length;
    if (length === 0) return at;
  }
  return file.length + 1;
}
