import { codeBits, codeWords } from "./code.ts";
import type { CodeIndex, Neighbour, QueryNeighbour, QueryOptions, Slot } from "./code-index.ts";

const wordsPerCode = 8;
const halfCode = 4;
const capacityFirst = 64;

/** An index that compares the query with every code: 15 ms a million codes, no build, nothing to go wrong. */
export function scanIndex(): CodeIndex {
  return new ScanIndex();
}

class ScanIndex implements CodeIndex {
  #words = new Uint32Array(capacityFirst * wordsPerCode);
  #audiences = new Uint32Array(capacityFirst);
  #held = new Uint8Array(capacityFirst);
  #slotEnd = 0;
  readonly #free: Slot[] = [];

  get size(): number {
    return this.#slotEnd - this.#free.length;
  }

  add(code: Uint8Array, audience: number): Slot {
    const words = codeWords(code);
    const slot = this.#free.pop() ?? this.#slotEnd++;
    if (slot === this.#held.length) this.#grow();
    this.#words.set(words, slot * wordsPerCode);
    this.#audiences[slot] = audience;
    this.#held[slot] = 1;
    return slot;
  }

  remove(slot: Slot): boolean {
    if (this.#held[slot] !== 1) return false;
    this.#held[slot] = 0;
    this.#free.push(slot);
    return true;
  }

  within(query: Uint8Array, radius: number, options: QueryOptions = {}): Neighbour[] {
    return this.withinAny([query], radius, options).map(({ slot, distance }) => ({ slot, distance }));
  }

  nearest(query: Uint8Array, count: number, { viewer }: QueryOptions = {}): Neighbour[] {
    return this.within(query, codeBits, viewer === undefined ? { limit: count } : { limit: count, viewer });
  }

  withinAny(queries: readonly Uint8Array[], radius: number, options: QueryOptions = {}): QueryNeighbour[] {
    const { viewer = 0, limit = Number.POSITIVE_INFINITY } = options;
    const halves = queries.map(halvesOf);
    const found = new NearestFirst(radius, limit);
    for (let slot = 0; slot < this.#slotEnd; slot++) {
      if (this.#held[slot] !== 1) continue;
      const audience = this.#audiences[slot];
      if (audience === 0 || audience === viewer) this.#offer(slot, halves, found);
    }
    return found.list();
  }

  #offer(slot: Slot, queries: readonly Halves[], found: NearestFirst): void {
    const at = slot * wordsPerCode;
    let distance = found.radius + 1;
    let nearest = -1;
    for (let query = 0; query < queries.length; query++) {
      const { head, tail } = queries[query] as Halves;
      const headBits = differingBits(this.#words, at, head);
      if (headBits >= distance) continue;
      const bits = headBits + differingBits(this.#words, at + halfCode, tail);
      if (bits >= distance) continue;
      distance = bits;
      nearest = query;
    }
    if (nearest >= 0) found.push({ slot, distance, query: nearest });
  }

  #grow(): void {
    const capacity = this.#held.length * 2;
    this.#words = widened(this.#words, capacity * wordsPerCode);
    this.#audiences = widened(this.#audiences, capacity);
    const held = new Uint8Array(capacity);
    held.set(this.#held);
    this.#held = held;
  }
}

/** A query in two halves: most codes are refused by the first. */
interface Halves {
  readonly head: Uint32Array;
  readonly tail: Uint32Array;
}

function halvesOf(query: Uint8Array): Halves {
  const words = codeWords(query);
  return { head: words.subarray(0, halfCode), tail: words.subarray(halfCode) };
}

/** Neighbours met in slot order; its radius closes in as soon as `limit` of them are known. */
class NearestFirst {
  radius: number;
  readonly #limit: number;
  readonly #found: QueryNeighbour[] = [];
  readonly #countAt = new Uint32Array(codeBits + 1);
  #countWithin = 0;

  constructor(radius: number, limit: number) {
    this.#limit = limit;
    this.radius = limit > 0 ? Math.min(radius, codeBits) : -1;
  }

  push(neighbour: QueryNeighbour): void {
    this.#found.push(neighbour);
    this.#countAt[neighbour.distance] = (this.#countAt[neighbour.distance] as number) + 1;
    this.#countWithin++;
    // A later slot loses every tie, so what comes now must be nearer than the farthest of a full list.
    while (this.radius >= 0 && this.#countWithin >= this.#limit) {
      this.#countWithin -= this.#countAt[this.radius] as number;
      this.radius--;
    }
  }

  list(): QueryNeighbour[] {
    const ordered = this.#found.sort((a, b) => a.distance - b.distance || a.slot - b.slot);
    return ordered.length > this.#limit ? ordered.slice(0, this.#limit) : ordered;
  }
}

/** Differing bits between half a code, stored at `at`, and half a query. */
function differingBits(words: Uint32Array, at: number, half: Uint32Array): number {
  let bits = 0;
  for (let i = 0; i < halfCode; i++) bits += popcount32((words[at + i] as number) ^ (half[i] as number));
  return bits;
}

/** Set bits of a 32-bit word, summed side by side in its own halves (Warren, Hacker's Delight, 5-1). */
function popcount32(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function widened(values: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(length);
  wider.set(values);
  return wider;
}
