import { crc32 } from "node:zlib";
import { algorithms } from "@utsuru/core/fingerprint";
import { MultiIndex } from "@utsuru/core/multi-index";
import { codeSpaces } from "@utsuru/core/score";
import { PieceReader, SnapshotError, type SnapshotSource } from "@utsuru/core/snapshot";
import type { FeedPosition } from "../ports.ts";
import { HeldImages, numbersPerRow, type PackedRows } from "./held-images.ts";

// Chunks: 4 bytes length · so many bytes · 4 bytes CRC-32 of them, seeded with the one before, so that chunks cannot change places.
// First a chunk of JSON; then for each space its codes (core/src/hamming/snapshot.ts) up to an empty chunk; then rows of images
// (held-images.ts) up to an empty chunk. Numbers are little-endian, as those of a WebAssembly memory are.

const format = `utsuru index 2 of ${algorithms.join(", ")}`;
const chunkBytesMax = 256 * 1024;
const rowsPerChunk = 2048;
const rowBytes = numbersPerRow * Uint32Array.BYTES_PER_ELEMENT;

/** Images, and the state of the database that they stand for. */
export interface IndexContents {
  readonly images: HeldImages;
  readonly position: FeedPosition;
}

/**
 * The bytes of an index as it is when the first piece is taken, while it goes on.
 *
 * What changes meanwhile may be missing, but is never wrong: whoever restores the bytes reads the changes since the position, which
 * may therefore be older than the images, never younger.
 * A piece takes a few milliseconds at most, however many images there are.
 */
export function* encodeSnapshot({ images, position }: IndexContents): Generator<Uint8Array, void> {
  const seal = sealer();
  const moment = images.now();
  const frozen = codeSpaces.map((space) => freeze(images.indexes[space].snapshot()));
  try {
    yield seal(Buffer.from(JSON.stringify({ format, position })));
    for (const { first, rest } of frozen) {
      yield seal(first);
      for (const piece of rest) yield seal(piece);
      yield seal(nothing);
    }
    for (const rows of images.packed(moment, rowsPerChunk)) yield seal(new Uint8Array(rows.buffer, 0, rows.byteLength));
    yield seal(nothing);
  } finally {
    for (const { rest } of frozen) rest.return();
  }
}

/** The codes stand still in what is taken from now on. */
function freeze(pieces: Generator<Uint8Array, void>): { first: Uint8Array; rest: Generator<Uint8Array, void> } {
  return { first: pieces.next().value ?? nothing, rest: pieces };
}

const nothing = new Uint8Array(0);

type Seal = (payload: Uint8Array) => Uint8Array;

function sealer(): Seal {
  let checksum = 0;
  return (payload) => {
    checksum = crc32(payload, checksum);
    const chunk = Buffer.allocUnsafe(payload.length + 8);
    chunk.writeUInt32LE(payload.length, 0);
    chunk.set(payload, 4);
    chunk.writeUInt32LE(checksum, 4 + payload.length);
    return chunk;
  };
}

/**
 * The index that a snapshot was made of; `undefined` for a source without a byte.
 *
 * @throws SnapshotError when it is not a whole, undamaged snapshot of this version
 */
export async function decodeSnapshot(source: SnapshotSource): Promise<IndexContents | undefined> {
  const reader = new PieceReader(source);
  if (await reader.isAtEnd()) return undefined;
  const open = opener(reader);
  const position = positionIn(await open());
  const pdq = await MultiIndex.restore(chunksUntilEmpty(open));
  const dct256 = await MultiIndex.restore(chunksUntilEmpty(open));
  const images = await HeldImages.restore({ pdq, dct256 }, rowsUntilEmpty(open));
  if (!(await reader.isAtEnd())) throw new SnapshotError("damaged", "bytes behind the end of the snapshot");
  return { images, position };
}

type Open = () => Promise<Buffer>;

function opener(reader: PieceReader): Open {
  let checksum = 0;
  return async () => {
    const length = Buffer.from(await reader.take(4)).readUInt32LE();
    if (length > chunkBytesMax) throw new SnapshotError("foreign", "this is no snapshot of an index");
    const chunk = Buffer.from((await reader.take(length + 4)).buffer);
    const payload = chunk.subarray(0, length);
    checksum = crc32(payload, checksum);
    if (checksum !== chunk.readUInt32LE(length))
      throw new SnapshotError("damaged", "a checksum of the snapshot does not hold");
    return payload;
  };
}

async function* chunksUntilEmpty(open: Open): AsyncGenerator<Buffer> {
  for (let chunk = await open(); chunk.length > 0; chunk = await open()) yield chunk;
}

async function* rowsUntilEmpty(open: Open): AsyncGenerator<PackedRows> {
  for await (const { buffer, byteOffset, length } of chunksUntilEmpty(open)) {
    if (length % rowBytes !== 0) throw new SnapshotError("foreign", "a row of an image is not whole");
    yield new Uint32Array(buffer, byteOffset, length / Uint32Array.BYTES_PER_ELEMENT);
  }
}

function positionIn(chunk: Buffer): FeedPosition {
  const header: unknown = JSON.parse(chunk.toString());
  const isOurs = typeof header === "object" && header !== null && "format" in header && header.format === format;
  if (!isOurs || !("position" in header) || typeof header.position !== "string")
    throw new SnapshotError("version", `expected a snapshot of "${format}"`);
  return header.position;
}
