import { type CompiledKernel, compile, instantiate, type KernelMemory } from "./compile.ts";
import { wasm } from "./postings.wasm.ts";

/** What core/kernels/postings.ts exports; addresses may come back as negative numbers: `>>> 0`. */
interface PostingsKernel {
  readonly memory: KernelMemory;
  seedsAt(): number;
  probesAt(): number;
  hitsAt(): number;
  keysAt(): number;
  extend(bytes: number): number;
  collect(seeds: number, postingsMax: number, lengthMax: number, differenceMax: number): number;
}

/** Keypoints of a query, and probes of each, that one reading takes. */
export const keypointsMax = 2048;
export const probesPerKeypoint = 32;
/** Variants of a query that one reading takes. */
const variantsMax = 4;
/** Words of a key in the table: its list's place, in bytes, and its length. */
const keyWords = 2;

/**
 * What is looked for: of each seed its query keypoint, key and signature, alternately; and `probesPerKeypoint` masks for each query
 * keypoint, under which a key is looked for too.
 */
export interface PostingQuery {
  readonly seeds: Uint32Array;
  readonly probes: Uint32Array;
}

/** What one reading may cost, and which postings it finds: those whose signature differs in at most so many bits. */
export interface PostingLimits {
  readonly postingsMax: number;
  readonly lengthMax: number;
  readonly differenceMax: number;
}

let compiled: CompiledKernel | undefined;

/**
 * Postings of one index in a kernel's memory, as words of 32 bits.
 *
 * A list at word `at` has its signatures there and after it, and its keypoints before it, the first one at `at - 1`.
 */
export class PostingMemory {
  readonly #kernel: PostingsKernel;
  readonly #keys: number;
  /** The whole memory; another array after `extend`. */
  words: Uint32Array;

  constructor(keys: number) {
    compiled ??= compile(wasm);
    this.#kernel = instantiate(compiled) as PostingsKernel;
    this.#keys = this.#kernel.keysAt() >>> 2;
    this.words = new Uint32Array(this.#kernel.memory.buffer);
    this.extend(keys * keyWords);
  }

  /** Makes room for so many words (a multiple of 4); where they start. Throws a RangeError when memory does not suffice: at 4 GB. */
  extend(words: number): number {
    const at = this.#kernel.extend(4 * words) >>> 2;
    if (at === 0) throw new RangeError(`no memory for ${words} more words of postings`);
    if (this.words.buffer !== this.#kernel.memory.buffer) this.words = new Uint32Array(this.#kernel.memory.buffer);
    return at;
  }

  /** The word at which a key's list lies; 0 for none. */
  listOf(key: number): number {
    return (this.words[this.#keys + keyWords * key] as number) / 4;
  }

  lengthOf(key: number): number {
    return this.words[this.#keys + keyWords * key + 1] as number;
  }

  setList(key: number, at: number, length: number): void {
    this.words[this.#keys + keyWords * key] = 4 * at;
    this.words[this.#keys + keyWords * key + 1] = length;
  }

  /**
   * Hits in pairs of words, valid until the next call: which keypoint, and 256 × seed + difference. First those of every seed's first
   * probe. Ends after the probe that reaches `postingsMax`, or with some 262,000 hits.
   * @throws RangeError for more seeds than four for each of 2,048 keypoints.
   */
  collect({ seeds, probes }: PostingQuery, { postingsMax, lengthMax, differenceMax }: PostingLimits): Uint32Array {
    if (seeds.length > 3 * variantsMax * keypointsMax || probes.length > probesPerKeypoint * keypointsMax)
      throw new RangeError(`a query of ${seeds.length / 3} seeds`);
    this.words.set(seeds, this.#kernel.seedsAt() >>> 2);
    this.words.set(probes, this.#kernel.probesAt() >>> 2);
    const found = this.#kernel.collect(seeds.length / 3, postingsMax, lengthMax, differenceMax);
    const at = this.#kernel.hitsAt() >>> 2;
    return this.words.subarray(at, at + 2 * found);
  }
}
