import { type HammingKernel, hammingKernel } from "../kernels/hamming-index.ts";
import type { Bands } from "./bit-order.ts";

const slotsPerCall = 8192;
const bucketsPerCall = 1024;

/** A kernel and what is seen of its memory: each time the memory has grown it is another buffer, so `renew` follows. */
export class IndexMemory {
  readonly bands: Bands;
  readonly kernel: HammingKernel = hammingKernel();
  bytes: Uint8Array = new Uint8Array(0);
  words: Uint32Array = new Uint32Array(0);

  constructor(bands: Bands) {
    this.bands = bands;
  }

  renew(): void {
    const { buffer } = this.kernel.memory;
    if (this.bytes.buffer === buffer) return;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
  }

  /** Slots given out so far, those of removed codes included. */
  get slotEnd(): number {
    return this.kernel.endOfSlots() >>> 0;
  }

  get slotsMax(): number {
    return this.kernel.mostSlots() >>> 0;
  }

  /** Makes room for so many slots; `false` when there is none. */
  reserve(slots: number): boolean {
    const room = slots <= this.slotsMax && this.kernel.reserve(slots) !== 0;
    this.renew();
    return room;
  }

  /** Posts the codes of all slots from one on: until then they are not found. `false` when there is no room; the index is then of no use. */
  post(first: number): boolean {
    for (let band = 0; band < this.bands; band++) {
      this.kernel.beginPosting(band);
      for (const [from, end] of this.#ranges(first)) this.kernel.announce(band, from, end);
      if (this.kernel.provide(band) === 0) return false;
      for (const [from, end] of this.#ranges(first)) this.kernel.postRange(band, from, end);
      this.kernel.endPosting();
    }
    this.renew();
    return true;
  }

  /** Puts all buckets in order at once, which else each waits for until it is looked into. */
  arrange(): void {
    for (let band = 0; band < this.bands; band++) {
      let buckets = 1;
      for (let from = 0; from < buckets; from += bucketsPerCall)
        buckets = this.kernel.arrangeRange(band, from, from + bucketsPerCall) >>> 0;
    }
  }

  *#ranges(first: number): Generator<readonly [number, number]> {
    const end = this.slotEnd;
    for (let from = first; from < end; from += slotsPerCall) yield [from, Math.min(from + slotsPerCall, end)];
  }
}
