import type { PostingMemory } from "../kernels/postings.ts";

const pageWords = 1 << 20;
const leastWords = 4;
/** Sizes of places, each twice the one before; the last one is a page. */
export const placeSizes: number = Math.log2(pageWords / leastWords) + 1;
/** The memory's first words are not given out. */
const none = 0;

/** Words of a place. */
export function wordsOf(size: number): number {
  return leastWords << size;
}

/**
 * Places of sizes that double, in pages of 4 MB (buddy system: Knowlton, CACM 1965): a place is halved for smaller ones, and halves that
 * were both given back are one place again.
 *
 * Lists of postings grow at about the same pace: without that nobody would want the places that all have left, two thirds of the memory.
 */
export class Places {
  readonly #memory: PostingMemory;
  /** By size the first free place, or `none`; its first two words say which are the next and the one before. */
  readonly #first = new Uint32Array(placeSizes);
  /** For every four words of the pages: 1 + the size of the free place that starts there, or 0. */
  #free = new Uint8Array(0);
  /** Pages lie one after the other from here. */
  #start = none;

  constructor(memory: PostingMemory) {
    this.#memory = memory;
  }

  /** Bytes of all pages, and of what finds the free places. */
  get bytes(): number {
    return this.#free.length * (4 * leastWords + 1);
  }

  /** A place that nobody has, in words. Throws a RangeError when memory does not suffice. */
  take(size: number): number {
    const free = this.#first[size] as number;
    if (free !== none) {
      this.#unlink(free, size);
      return free;
    }
    if (size + 1 === placeSizes) return this.#addPage();
    const place = this.take(size + 1);
    this.#link(place + wordsOf(size), size);
    return place;
  }

  /** Takes a place back. */
  give(place: number, size: number): void {
    const half = this.#start + ((place - this.#start) ^ wordsOf(size));
    if (size + 1 < placeSizes && this.#free[this.#indexOf(half)] === size + 1) {
      this.#unlink(half, size);
      this.give(Math.min(place, half), size + 1);
    } else this.#link(place, size);
  }

  #addPage(): number {
    const page = this.#memory.extend(pageWords);
    if (this.#start === none) this.#start = page;
    const roomier = new Uint8Array(this.#free.length + pageWords / leastWords);
    roomier.set(this.#free);
    this.#free = roomier;
    return page;
  }

  #indexOf(place: number): number {
    return (place - this.#start) / leastWords;
  }

  #link(place: number, size: number): void {
    const { words } = this.#memory;
    const next = this.#first[size] as number;
    words[place] = next;
    words[place + 1] = none;
    if (next !== none) words[next + 1] = place;
    this.#first[size] = place;
    this.#free[this.#indexOf(place)] = size + 1;
  }

  #unlink(place: number, size: number): void {
    const { words } = this.#memory;
    const next = words[place] as number;
    const before = words[place + 1] as number;
    if (before === none) this.#first[size] = next;
    else words[before] = next;
    if (next !== none) words[next + 1] = before;
    this.#free[this.#indexOf(place)] = 0;
  }
}
