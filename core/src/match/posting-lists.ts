import { type PostingLimits, PostingMemory, type PostingQuery } from "../kernels/postings.ts";
import { Places, placeSizes, wordsOf } from "./places.ts";

/** Where a key's list starts that has none. */
const nowhere = 0;

/**
 * Lists of (keypoint, signature), one for each key, that grow and shrink one posting at a time without a pause.
 *
 * A list lies in the middle of its place, keypoints before and signatures after it; a full one moves to a place twice as large.
 */
export class PostingLists {
  readonly #memory: PostingMemory;
  readonly #places: Places;
  /** By key the size of its list's place. */
  readonly #sizes: Uint8Array;

  constructor(keys: number) {
    this.#memory = new PostingMemory(keys);
    this.#places = new Places(this.#memory);
    this.#sizes = new Uint8Array(keys);
  }

  /** Bytes held, lists and what finds them. */
  get bytes(): number {
    return this.#places.bytes + this.#sizes.length * 9;
  }

  /** The hits of a query: see {@link PostingMemory.collect}. */
  collect(query: PostingQuery, limits: PostingLimits): Uint32Array {
    return this.#memory.collect(query, limits);
  }

  /** Appends; `false`, and nothing happens, when the list already fills a page. */
  add(key: number, keypoint: number, signature: number): boolean {
    const length = this.#memory.lengthOf(key);
    if (length === 0) this.#memory.setList(key, this.#places.take(0) + roomOf(0), 0);
    else if (length === roomOf(this.#sizes[key] as number) && !this.#grow(key)) return false;
    const list = this.#memory.listOf(key);
    this.#memory.words[list + length] = signature;
    this.#memory.words[list - 1 - length] = keypoint;
    this.#memory.setList(key, list, length + 1);
    return true;
  }

  /** Removes the keypoint's posting from a list; the last one takes its place. `false` when it is not there. */
  remove(key: number, keypoint: number): boolean {
    const { words } = this.#memory;
    const length = this.#memory.lengthOf(key);
    const list = this.#memory.listOf(key);
    for (let i = 0; i < length; i++) {
      if (words[list - 1 - i] !== keypoint) continue;
      words[list + i] = words[list + length - 1] as number;
      words[list - 1 - i] = words[list - length] as number;
      this.#memory.setList(key, list, length - 1);
      if (length === 1) this.#leave(key);
      return true;
    }
    return false;
  }

  #grow(key: number): boolean {
    const size = this.#sizes[key] as number;
    if (size + 1 === placeSizes) return false;
    const length = this.#memory.lengthOf(key);
    const from = this.#memory.listOf(key);
    const to = this.#places.take(size + 1) + roomOf(size + 1);
    this.#memory.words.copyWithin(to - length, from - length, from + length);
    this.#memory.setList(key, to, length);
    this.#places.give(from - roomOf(size), size);
    this.#sizes[key] = size + 1;
    return true;
  }

  #leave(key: number): void {
    const size = this.#sizes[key] as number;
    this.#places.give(this.#memory.listOf(key) - roomOf(size), size);
    this.#memory.setList(key, nowhere, 0);
    this.#sizes[key] = 0;
  }
}

/** Postings that a place of a size has room for: two words each, one on either side of its middle. */
function roomOf(size: number): number {
  return wordsOf(size) / 2;
}
