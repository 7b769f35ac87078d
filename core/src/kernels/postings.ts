import { type CompiledKernel, compile, instantiate, type KernelMemory } from "./compile.ts";
import { wasm } from "./postings.wasm.ts";

/** What core/kernels/postings.ts exports; addresses may come back as negative numbers: `>>> 0`. */
interface PostingsKernel {
  readonly memory: KernelMemory;
  resultsAt(): number;
  extend(bytes: number): number;
  read(at: number, length: number, signature: number, differenceMax: number): number;
}

let compiled: CompiledKernel | undefined;

/** Postings of one index in a kernel's memory, as words of 32 bits: which keypoint, and its signature, alternately. */
export class PostingMemory {
  readonly #kernel: PostingsKernel;
  readonly #results: number;
  /** The whole memory; another array after `extend`. */
  words: Uint32Array;

  constructor() {
    compiled ??= compile(wasm);
    this.#kernel = instantiate(compiled) as PostingsKernel;
    this.#results = this.#kernel.resultsAt() >>> 2;
    this.words = new Uint32Array(this.#kernel.memory.buffer);
  }

  /** Makes room for so many words (a multiple of 4); where they start. Throws a RangeError when memory does not suffice: at 4 GB. */
  extend(words: number): number {
    const at = this.#kernel.extend(4 * words) >>> 2;
    if (at === 0) throw new RangeError(`no memory for ${words} more words of postings`);
    if (this.words.buffer !== this.#kernel.memory.buffer) this.words = new Uint32Array(this.#kernel.memory.buffer);
    return at;
  }

  /**
   * The postings of a list, from word `at`, whose signature differs from the given one in at most so many bits: pairs of keypoint and
   * difference, in the list's order; valid until the next call. No more than 4,096 postings are read.
   */
  read(list: { at: number; length: number }, signature: number, differenceMax: number): Uint32Array {
    const found = this.#kernel.read(4 * list.at, list.length, signature, differenceMax);
    return this.words.subarray(this.#results, this.#results + 2 * found);
  }
}
