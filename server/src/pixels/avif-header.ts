import type { Declared } from "./declared.ts";

interface Box {
  readonly type: string;
  readonly body: Buffer;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Boxes looked at on one level, and references and associations in all: far above what encoders write, and reading stays quick. */
const boxesMax = 10_000;

/**
 * Reads the largest picture that an AVIF declares (ISO/IEC 23008-12: `ispe`) and the sum of tiles that one of its items is put together from
 * (`iref`/`dimg`): a grid of 500 bytes may ask for 67 megapixels.
 */
export function readAvifHeader(file: Buffer): Declared | undefined {
  const meta = findBox(file, "meta");
  const properties = meta && findBox(meta.subarray(4), "iprp");
  const containers = properties && findBox(properties, "ipco");
  if (meta === undefined || properties === undefined || containers === undefined) return undefined;
  const sizes = boxesOf(containers).map((box) => (box.type === "ispe" ? readSize(box.body) : undefined));
  const largest = sizes.reduce((a, b) => (areaOf(b) > areaOf(a) ? b : a), undefined);
  if (largest === undefined || areaOf(largest) === 0) return undefined;
  const items = readItemSizes(findBox(properties, "ipma") ?? Buffer.alloc(0), sizes);
  const references = findBox(meta.subarray(4), "iref") ?? Buffer.alloc(0);
  return { coding: "avif", ...largest, work: largestMosaic(references, items) };
}

/** Pixels of the tiles of the item that has the most. */
function largestMosaic(references: Buffer, items: ReadonlyMap<number, Size>): number {
  const idBytes = references[0] === 0 ? 2 : 4;
  let most = 0;
  for (const box of boxesOf(references.subarray(4))) {
    if (box.type !== "dimg" || box.body.length < idBytes + 2) continue;
    const count = box.body.readUInt16BE(idBytes);
    let pixels = 0;
    for (let i = 0, at = idBytes + 2; i < count && at + idBytes <= box.body.length; i++, at += idBytes) {
      pixels += areaOf(items.get(box.body.readUIntBE(at, idBytes)));
    }
    most = Math.max(most, pixels);
  }
  return most;
}

/** Which size each item was given: the associations of `ipma`. */
function readItemSizes(ipma: Buffer, sizes: readonly (Size | undefined)[]): ReadonlyMap<number, Size> {
  const items = new Map<number, Size>();
  if (ipma.length < 8) return items;
  const idBytes = ipma[0] === 0 ? 2 : 4;
  const indexBytes = (ipma[3] ?? 0) & 1 ? 2 : 1;
  const indexMask = indexBytes === 2 ? 0x7fff : 0x7f;
  const count = Math.min(ipma.readUInt32BE(4), boxesMax);
  let at = 8;
  for (let i = 0; i < count && at + idBytes < ipma.length; i++) {
    const id = ipma.readUIntBE(at, idBytes);
    const associations = ipma[at + idBytes] ?? 0;
    at += idBytes + 1;
    for (let j = 0; j < associations && at + indexBytes <= ipma.length; j++, at += indexBytes) {
      const size = sizes[(ipma.readUIntBE(at, indexBytes) & indexMask) - 1];
      if (size !== undefined) items.set(id, size);
    }
  }
  return items;
}

function readSize(ispe: Buffer): Size | undefined {
  return ispe.length < 12 ? undefined : { width: ispe.readUInt32BE(4), height: ispe.readUInt32BE(8) };
}

function areaOf(size: Size | undefined): number {
  return size === undefined ? 0 : size.width * size.height;
}

function findBox(parent: Buffer, type: string): Buffer | undefined {
  return boxesOf(parent).find((box) => box.type === type)?.body;
}

/** The boxes that stand one after another in `parent`, up to the first that makes no sense. */
function boxesOf(parent: Buffer): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at + 8 <= parent.length && boxes.length < boxesMax) {
    const type = parent.toString("latin1", at + 4, at + 8);
    const short = parent.readUInt32BE(at);
    const isLong = short === 1 && at + 16 <= parent.length;
    const header = isLong ? 16 : 8;
    const length = isLong ? Number(parent.readBigUInt64BE(at + 8)) : short === 0 ? parent.length - at : short;
    if (length < header) break;
    boxes.push({ type, body: parent.subarray(at + header, at + length) });
    at += length;
  }
  return boxes;
}
