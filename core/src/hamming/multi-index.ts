import type { HammingKernel } from "../kernels/hamming-index.ts";
import { type Bands, bitOrder } from "./bit-order.ts";
import { codeBits, codeBytes } from "./code.ts";
import type { CodeIndex, Neighbour, QueryNeighbour, QueryOptions, Slot } from "./code-index.ts";
import { IndexMemory } from "./index-memory.ts";
import { FrozenBlocks, restoreSnapshot, type SnapshotSource } from "./snapshot.ts";

/** What an index is made for. */
export interface MultiIndexOptions {
  /** Codes it must be able to hold. Up to 16,777,214 their postings tell 8 bits of a band beyond its bucket's, of more 5. Default 16,777,214. */
  readonly codesMax?: number;
  /** `always` walks through buckets whatever it costs, which proves them on small sets. Default: where it is cheaper than a scan. */
  readonly walk?: "always" | "cheaper";
  /** 16 bands answer thrice as fast at 100,000 codes and no slower at a million; from there on 11 do better, as theirs are wider. Default 11. */
  readonly bands?: Bands;
}

const slotBitsShort = 24;
const slotBitsLong = 27;
const codesMaxShort = 2 ** slotBitsShort - 2;
const stagedCodes = 4096;
const queriesMax = 32;
/** The kernel's list of results holds as many. */
const slotsPerScan = 16_384;
const unlimited = 0xffff_ffff;
/** Radii at which all bands take one more bit each: the steps in which the nearest codes are looked for. */
const nearestRadii = [10, 21, 32, 43];

/** An index has no room for another code: its slots have run out, or the machine's memory. */
export class IndexFullError extends RangeError {
  override readonly name = "IndexFullError";
}

/**
 * An exact index by multi-index hashing, in a WebAssembly memory of its own.
 *
 * A code within r bits of the query is within a few bits of it in one of 11 bands (Norouzi, Punjani, Fleet, CVPR 2012), so
 * only codes that share such a band are compared; where that would cost more than comparing all, all are compared.
 *
 * @throws RangeError when one memory of 4 GiB cannot hold `codesMax` codes: 45 million at most.
 */
export class MultiIndex implements CodeIndex {
  readonly #memory: IndexMemory;
  readonly #kernel: HammingKernel;
  readonly #frozen = new Set<FrozenBlocks>();

  constructor({ codesMax = codesMaxShort, walk = "cheaper", bands = 11 }: MultiIndexOptions = {}) {
    const memory = new IndexMemory(bands);
    this.#memory = memory;
    this.#kernel = memory.kernel;
    const slotBits = codesMax <= codesMaxShort ? slotBitsShort : slotBitsLong;
    if (this.#kernel.open(bands, slotBits) === 0) throw this.#full();
    const most = memory.slotsMax;
    if (codesMax > most)
      throw new RangeError(`one index holds ${most} codes, not ${codesMax}: spread them over several`);
    memory.renew();
    memory.bytes.set(bitOrder(bands), this.#kernel.stagingAt());
    this.#kernel.begin();
    if (walk === "always") this.#kernel.insist();
  }

  /**
   * An index as it was when its snapshot was begun, every code in the slot it had.
   *
   * @throws SnapshotError when the source is not a whole, undamaged snapshot of this version: rebuild from the database
   * @throws RangeError when it holds more than `codesMax` codes
   */
  static async restore(source: SnapshotSource, options: MultiIndexOptions = {}): Promise<MultiIndex> {
    const index = new MultiIndex(options);
    await restoreSnapshot(index.#memory, source);
    return index;
  }

  get size(): number {
    return this.#kernel.countHeld() >>> 0;
  }

  /** Slots given out so far, those of removed codes included: every slot is below it. */
  get slotEnd(): Slot {
    return this.#memory.slotEnd;
  }

  /** Bytes of memory the index has touched: codes, audiences, postings and directories. */
  get bytes(): number {
    return this.#kernel.bytesUsed();
  }

  /**
   * @throws IndexFullError when there is no room for it
   * @throws RangeError when the code is not 32 bytes long
   */
  add(code: Uint8Array, audience: number): Slot {
    requireCode(code);
    this.#beforeChange(this.#kernel.nextSlot());
    this.#memory.bytes.set(code, this.#kernel.stagingAt());
    const slot = this.#kernel.add(audience);
    this.#memory.renew();
    if (slot < 0) throw this.#full();
    return slot;
  }

  /**
   * Takes in many codes at once, behind all slots there are: code i goes to the slot returned + i.
   *
   * @param codes the codes one after another, 32 bytes each
   * @param audiences one for each code
   * @throws IndexFullError when they do not fit; where it is the machine that has no memory left, the index is of no use any more
   * @throws RangeError when the lengths do not agree
   */
  addAll(codes: Uint8Array, audiences: Uint32Array): Slot {
    const count = audiences.length;
    if (codes.length !== count * codeBytes)
      throw new RangeError(`expected ${count * codeBytes} bytes of codes, got ${codes.length}`);
    const first = this.#memory.slotEnd;
    if (first + count > this.#memory.slotsMax) throw this.#full();
    this.#beforeChange(first);
    this.#kernel.widen(this.size + count);
    if (!this.#memory.reserve(first + count)) throw this.#full();
    for (let done = 0; done < count; done += stagedCodes) {
      const end = Math.min(done + stagedCodes, count);
      this.#memory.bytes.set(codes.subarray(done * codeBytes, end * codeBytes), this.#kernel.stagingAt());
      this.#memory.words.set(audiences.subarray(done, end), this.#kernel.stagedAudiencesAt() >> 2);
      this.#kernel.addStaged(end - done);
    }
    if (!this.#memory.post(first)) throw this.#full();
    this.#memory.arrange();
    return first;
  }

  remove(slot: Slot): boolean {
    if (slot < 0 || slot >= this.#memory.slotEnd) return false;
    this.#beforeChange(slot);
    const removed = this.#kernel.remove(slot) !== 0;
    this.#memory.renew();
    return removed;
  }

  /**
   * The index's bytes, to be written to a file: the codes of the moment the first piece is taken, while the index goes on.
   *
   * Pieces are 148 kB at most, 36 bytes a slot. Take all of them or end the iteration: until then changes cost copies.
   */
  *snapshot(): Generator<Uint8Array, void> {
    const frozen = new FrozenBlocks(this.#memory);
    this.#frozen.add(frozen);
    try {
      yield* frozen.pieces();
    } finally {
      this.#frozen.delete(frozen);
    }
  }

  within(query: Uint8Array, radius: number, options: QueryOptions = {}): Neighbour[] {
    return this.withinAny([query], radius, options).map(withoutQuery);
  }

  /** @throws RangeError for more than 32 queries */
  withinAny(queries: readonly Uint8Array[], radius: number, options: QueryOptions = {}): QueryNeighbour[] {
    return this.#walk(queries, radius, options) ?? this.#scan(radius, options);
  }

  nearest(query: Uint8Array, count: number, options: QueryOptions = {}): Neighbour[] {
    const limited = { ...options, limit: count };
    for (const radius of nearestRadii) {
      const found = this.#walk([query], radius, limited);
      if (found === undefined) break;
      if (found.length >= Math.min(count, this.size)) return found.map(withoutQuery);
    }
    return this.#scan(codeBits, limited).map(withoutQuery);
  }

  /** Finds by walks; `undefined` when all codes must be compared, as the kernel is then ready to do. */
  #walk(queries: readonly Uint8Array[], radius: number, options: QueryOptions): QueryNeighbour[] | undefined {
    if (queries.length > queriesMax)
      throw new RangeError(`expected at most ${queriesMax} queries, got ${queries.length}`);
    queries.forEach((query, number) => {
      requireCode(query);
      this.#memory.bytes.set(query, this.#kernel.queriesAt() + number * codeBytes);
    });
    const { viewer = 0, limit = unlimited } = options;
    const count = this.#kernel.search(queries.length, Math.min(radius, codeBits), viewer, kernelLimit(limit));
    if (count < 0) return undefined;
    const keys: number[] = [];
    this.#collect(count, keys);
    return neighbours(keys, limit);
  }

  #scan(radius: number, { limit = unlimited }: QueryOptions): QueryNeighbour[] {
    const end = this.#memory.slotEnd;
    const keys: number[] = [];
    this.#kernel.beginScan(Math.min(radius, codeBits), kernelLimit(limit));
    for (let slot = 0; slot < end; slot += slotsPerScan) {
      this.#collect(this.#kernel.scan(slot, Math.min(slot + slotsPerScan, end)), keys);
    }
    return neighbours(keys, limit);
  }

  #collect(count: number, keys: number[]): void {
    const at = this.#kernel.resultsAt() >> 2;
    for (let i = at; i < at + 2 * count; i += 2) {
      const slot = this.#memory.words[i] as number;
      const found = this.#memory.words[i + 1] as number;
      keys.push(((found >>> 8) * 2 ** 32 + slot) * 256 + (found & 255));
    }
  }

  #full(): IndexFullError {
    return new IndexFullError(`no room beside the ${this.size} codes held, of ${this.#memory.slotsMax}`);
  }

  #beforeChange(slot: Slot): void {
    for (const frozen of this.#frozen) frozen.keep(slot);
  }
}

function requireCode(code: Uint8Array): void {
  if (code.length !== codeBytes) throw new RangeError(`expected a code of ${codeBytes} bytes, got ${code.length}`);
}

function kernelLimit(limit: number): number {
  return Math.min(limit, unlimited);
}

/** Keys order by distance, then slot; the lowest byte is the query's number. */
function neighbours(keys: readonly number[], limit: number): QueryNeighbour[] {
  const ordered = Float64Array.from(keys).sort().subarray(0, limit);
  return Array.from(ordered, (key) => {
    const place = Math.floor(key / 256);
    return { slot: place % 2 ** 32, distance: Math.floor(place / 2 ** 32), query: key % 256 };
  });
}

function withoutQuery({ slot, distance }: QueryNeighbour): Neighbour {
  return { slot, distance };
}
