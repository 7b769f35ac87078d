import { crc32 } from "node:zlib";
import { algorithms } from "@utsuru/core/fingerprint";
import { MultiIndex } from "@utsuru/core/multi-index";
import { codeSpaces } from "@utsuru/core/score";
import { PieceReader, SnapshotError, type SnapshotSource } from "@utsuru/core/snapshot";
import type { FeedPosition } from "../ports.ts";
import { type HeldCode, HeldImages, type HeldRow } from "./held-images.ts";

// Chunks: 4 bytes length · so many bytes · 4 bytes CRC-32 of them, seeded with the one before, so that chunks cannot change places.
// First a chunk of JSON; then for each space its codes (core/src/hamming/snapshot.ts) up to an empty chunk; then whole rows up to
// an empty chunk: 36 bytes image id, 4 bytes audience, 4 bytes how many codes, for each 4 bytes number of the algorithm, 4 bytes slot.
// Numbers are little-endian.

const format = `utsuru index 1 of ${algorithms.join(", ")}`;
const chunkBytesMax = 256 * 1024;
const idBytes = 36;
const rowBytes = idBytes + 8;
const codeBytes = 8;
/** A chunk of rows is full when it has so many bytes. */
const rowsBytes = 64 * 1024;

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
    for (const chunk of rowChunks(images.rows(moment))) yield seal(chunk);
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

function* rowChunks(rows: Iterable<HeldRow>): Generator<Uint8Array> {
  let chunk: Buffer[] = [];
  let bytes = 0;
  for (const row of rows) {
    chunk.push(bytesOf(row));
    bytes += rowBytes + row.codes.length * codeBytes;
    if (bytes < rowsBytes) continue;
    yield Buffer.concat(chunk);
    [chunk, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(chunk);
}

function bytesOf({ imageId, audience, codes }: HeldRow): Buffer {
  const row = Buffer.alloc(rowBytes + codes.length * codeBytes);
  row.write(imageId, "latin1");
  row.writeUInt32LE(audience, idBytes);
  row.writeUInt32LE(codes.length, idBytes + 4);
  codes.forEach(({ algorithm, slot }, i) => {
    row.writeUInt32LE(algorithms.indexOf(algorithm), rowBytes + i * codeBytes);
    row.writeUInt32LE(slot, rowBytes + i * codeBytes + 4);
  });
  return row;
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

async function* rowsUntilEmpty(open: Open): AsyncGenerator<Iterable<HeldRow>> {
  for await (const chunk of chunksUntilEmpty(open)) yield rowsIn(chunk);
}

function positionIn(chunk: Buffer): FeedPosition {
  const header: unknown = JSON.parse(chunk.toString());
  const isOurs = typeof header === "object" && header !== null && "format" in header && header.format === format;
  if (!isOurs || !("position" in header) || typeof header.position !== "string")
    throw new SnapshotError("version", `expected a snapshot of "${format}"`);
  return header.position;
}

function* rowsIn(chunk: Buffer): Generator<HeldRow> {
  for (let at = 0; at < chunk.length; ) {
    const imageId = chunk.toString("latin1", at, at + idBytes);
    const audience = chunk.readUInt32LE(at + idBytes);
    const codes = Array.from({ length: chunk.readUInt32LE(at + idBytes + 4) }, (_, i) =>
      codeAt(chunk, at + rowBytes + i * codeBytes),
    );
    yield { imageId, audience, codes };
    at += rowBytes + codes.length * codeBytes;
  }
}

function codeAt(chunk: Buffer, at: number): HeldCode {
  const algorithm = algorithms[chunk.readUInt32LE(at)];
  if (!algorithm) throw new SnapshotError("version", "a code of an algorithm that is not known");
  return { algorithm, slot: chunk.readUInt32LE(at + 4) };
}
