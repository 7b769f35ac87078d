import { type CompiledKernel, compile, instantiate, type KernelMemory } from "./compile.ts";
import { wasm } from "./hamming-index.wasm.ts";

/** What core/kernels/hamming-index.ts exports; addresses and slots may come back as negative numbers: `>>> 0`. */
export interface HammingKernel {
  readonly memory: KernelMemory;
  stagingAt(): number;
  stagedAudiencesAt(): number;
  resultsAt(): number;
  queriesAt(): number;
  open(bandCount: number, bitsOfSlot: number): number;
  begin(): void;
  insist(): void;
  countHeld(): number;
  endOfSlots(): number;
  mostSlots(): number;
  nextSlot(): number;
  bytesUsed(): number;
  reserve(slots: number): number;
  widen(codes: number): void;
  add(audience: number): number;
  addStaged(count: number): number;
  beginPosting(band: number): void;
  announce(band: number, first: number, end: number): void;
  provide(band: number): number;
  postRange(band: number, first: number, end: number): void;
  endPosting(): void;
  arrangeRange(band: number, firstBucket: number, endBucket: number): number;
  remove(slot: number): number;
  search(queryCount: number, radius: number, viewer: number, limit: number): number;
  beginScan(radius: number, limit: number): void;
  scan(begin: number, end: number): number;
  pack(firstBlock: number, count: number): void;
  unpack(firstBlock: number, count: number): void;
  adopt(slots: number): void;
  checksum(bytes: number, seed: bigint): bigint;
}

let compiled: CompiledKernel | undefined;

/** A new instance with a memory of its own; it is compiled once. */
export function hammingKernel(): HammingKernel {
  compiled ??= compile(wasm);
  return instantiate(compiled) as HammingKernel;
}
