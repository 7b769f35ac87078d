import { bitOrderVersion } from "./bit-order.ts";
import type { IndexMemory } from "./index-memory.ts";

// A snapshot is a header of 32 bytes, then pieces of up to 8 blocks of 512 slots, each followed by its checksum:
// 8 bytes "utsuruHX" · version · order of bits · slots · codes held (u32 each) · checksum of these 24 bytes (u64),
// a block: 512 codes of 32 bytes in the order of the bands, 512 audiences (u32), 512 bits: which are held.
// All numbers are little-endian; each XXH64 is seeded with the one before, so pieces cannot change places.

const magic = 0x5848_7572_7573_7475n; // "utsuruHX"
const version = 1;
const headerBytes = 32;
const checkedBytes = 24;
const checksumBytes = 8;
const slotsPerBlock = 512;
const blockBytes = slotsPerBlock * 36 + slotsPerBlock / 8;
const blocksPerPiece = 8;

/** Why a snapshot is no use: it is something else, of another version, cut short, or its checksum does not hold. */
export type SnapshotFault = "foreign" | "version" | "cut-short" | "damaged";

/** A snapshot that cannot be restored: rebuild the index from the database. */
export class SnapshotError extends Error {
  readonly fault: SnapshotFault;

  constructor(fault: SnapshotFault, message: string) {
    super(message);
    this.name = "SnapshotError";
    this.fault = fault;
  }
}

/** The blocks of one moment: those that change before they were written are kept aside as they were. */
export class FrozenBlocks {
  readonly #memory: IndexMemory;
  readonly #kept = new Map<number, Uint8Array>();
  readonly #slotEnd: number;
  readonly #held: number;
  #written = 0;

  constructor(memory: IndexMemory) {
    this.#memory = memory;
    this.#slotEnd = memory.slotEnd;
    this.#held = memory.kernel.countHeld() >>> 0;
  }

  /** To be called before a slot changes. */
  keep(slot: number): void {
    const block = Math.floor(slot / slotsPerBlock);
    if (block < this.#written || block >= this.#blockEnd || this.#kept.has(block)) return;
    this.#memory.kernel.pack(block, 1);
    this.#kept.set(block, this.#staged(blockBytes).slice());
  }

  *pieces(): Generator<Uint8Array, void> {
    let seed = 0n;
    const header = this.#header();
    yield header.bytes;
    seed = header.checksum;
    while (this.#written < this.#blockEnd) {
      const piece = this.#piece(seed);
      seed = piece.checksum;
      yield piece.bytes;
    }
  }

  get #blockEnd(): number {
    return Math.ceil(this.#slotEnd / slotsPerBlock);
  }

  #header(): Piece {
    const header = new DataView(new ArrayBuffer(checkedBytes));
    header.setBigUint64(0, magic, true);
    [version, bitOrderVersion(this.#memory.bands), this.#slotEnd, this.#held].forEach((n, i) => {
      header.setUint32(8 + 4 * i, n, true);
    });
    this.#staged(checkedBytes).set(new Uint8Array(header.buffer));
    return this.#sealed(checkedBytes, 0n);
  }

  #piece(seed: bigint): Piece {
    const count = Math.min(blocksPerPiece, this.#blockEnd - this.#written);
    this.#memory.kernel.pack(this.#written, count);
    const staged = this.#staged(count * blockBytes);
    for (let i = 0; i < count; i++) {
      const kept = this.#kept.get(this.#written + i);
      if (kept !== undefined) staged.set(kept, i * blockBytes);
      this.#kept.delete(this.#written + i);
    }
    this.#written += count;
    return this.#sealed(count * blockBytes, seed);
  }

  #sealed(length: number, seed: bigint): Piece {
    const checksum = this.#memory.kernel.checksum(length, seed);
    const bytes = new Uint8Array(length + checksumBytes);
    bytes.set(this.#staged(length));
    new DataView(bytes.buffer).setBigInt64(length, checksum, true);
    return { bytes, checksum };
  }

  #staged(length: number): Uint8Array {
    const at = this.#memory.kernel.stagingAt();
    return this.#memory.bytes.subarray(at, at + length);
  }
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly checksum: bigint;
}

/** Where a snapshot's bytes come from: pieces of any length, a file's stream for one. */
export type SnapshotSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Fills an empty index with a snapshot, every code in the slot it had.
 *
 * @throws SnapshotError when it is not a whole snapshot of this version; the index is then of no use
 * @throws RangeError when it holds more slots than the index may
 */
export async function restoreSnapshot(memory: IndexMemory, source: SnapshotSource): Promise<void> {
  const reader = new PieceReader(source);
  const header = await reader.take(headerBytes);
  const { slotEnd, held } = headerOf(header, bitOrderVersion(memory.bands));
  let seed = unseal(memory, header, 0n);
  if (!memory.reserve(slotEnd)) throw new RangeError(`no room for the ${slotEnd} slots of the snapshot`);
  const blockEnd = Math.ceil(slotEnd / slotsPerBlock);
  for (let block = 0; block < blockEnd; block += blocksPerPiece) {
    const count = Math.min(blocksPerPiece, blockEnd - block);
    seed = unseal(memory, await reader.take(count * blockBytes + checksumBytes), seed);
    memory.kernel.unpack(block, count);
  }
  if (!(await reader.isAtEnd())) throw new SnapshotError("damaged", "bytes behind the end of the snapshot");
  memory.kernel.widen(held);
  memory.kernel.adopt(slotEnd);
  if (!memory.post(0)) throw new RangeError(`no room for the postings of the ${held} codes of the snapshot`);
  const restored = memory.kernel.countHeld() >>> 0;
  if (restored !== held) throw new SnapshotError("damaged", `expected ${held} codes in the snapshot, got ${restored}`);
}

function headerOf(header: Uint8Array, orderVersion: number): { slotEnd: number; held: number } {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getBigUint64(0, true) !== magic) throw new SnapshotError("foreign", "this is no snapshot of an index");
  const got = `${view.getUint32(8, true)}.${view.getUint32(12, true)}`;
  const expected = `${version}.${orderVersion}`;
  if (got !== expected) throw new SnapshotError("version", `expected a snapshot of version ${expected}, got ${got}`);
  return { slotEnd: view.getUint32(16, true), held: view.getUint32(20, true) };
}

/** Puts a piece without its checksum into the kernel's staging, when the checksum holds; returns the checksum. */
function unseal({ kernel, bytes }: IndexMemory, piece: Uint8Array, seed: bigint): bigint {
  const length = piece.length - checksumBytes;
  bytes.set(piece.subarray(0, length), kernel.stagingAt());
  const checksum = kernel.checksum(length, seed);
  const expected = new DataView(piece.buffer, piece.byteOffset + length, checksumBytes).getBigInt64(0, true);
  if (checksum !== expected) throw new SnapshotError("damaged", "a checksum of the snapshot does not hold");
  return checksum;
}

/** Cuts a source of any pieces into those asked for; throws {@link SnapshotError} where it ends too early. */
export class PieceReader {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: SnapshotSource) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  async take(length: number): Promise<Uint8Array> {
    const piece = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        throw new SnapshotError("cut-short", `the snapshot ends ${length - filled} bytes too early`);
      }
      const part = this.#rest.subarray(0, length - filled);
      piece.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return piece;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }

  /** `false` at the end of the source. */
  async #more(): Promise<boolean> {
    do {
      const { done, value } = await this.#source.next();
      if (done === true) return false;
      this.#rest = value;
    } while (this.#rest.length === 0);
    return true;
  }
}
