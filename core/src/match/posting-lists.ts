import { PostingMemory } from "../kernels/postings.ts";

/** Words of a posting: which keypoint, and its signature. */
const postingWords = 2;
const pageWords = 1 << 20;
/** Room that a list may have, in postings; a full list moves to the next. */
const roomsOf: readonly number[] = growingRooms();
/** Where a key's list starts that has none. */
const nowhere = 0;

function growingRooms(): number[] {
  const rooms = [2];
  while ((rooms.at(-1) as number) < pageWords / postingWords / 2)
    rooms.push(Math.min(pageWords / postingWords, Math.ceil(((rooms.at(-1) as number) * 3) / 2)));
  return rooms;
}

/**
 * Lists of (keypoint, signature), one for each key, that grow and shrink one posting at a time without a pause.
 *
 * Memory comes in pages of 4 MB; lists move to a roomier place when full (half again as large), and places left behind are used again.
 */
export class PostingLists {
  readonly #memory = new PostingMemory();
  readonly #starts: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #rooms: Uint8Array;
  readonly #free: number[][] = roomsOf.map(() => []);
  #pages = 0;
  #pageAt = 0;
  #pageUsed: number = pageWords;

  constructor(keys: number) {
    this.#starts = new Uint32Array(keys);
    this.#lengths = new Uint32Array(keys);
    this.#rooms = new Uint8Array(keys);
  }

  /** Bytes held, lists and what finds them. */
  get bytes(): number {
    return this.#pages * pageWords * 4 + this.#starts.length * 9;
  }

  lengthOf(key: number): number {
    return this.#lengths[key] as number;
  }

  /**
   * Of the first `lengthMax` postings of a list, those whose signature differs in at most so many bits: pairs of keypoint and difference,
   * valid until the next call.
   */
  read(key: number, signature: number, { lengthMax, differenceMax }: ReadLimits): Uint32Array {
    const list = { at: this.#starts[key] as number, length: Math.min(lengthMax, this.#lengths[key] as number) };
    return this.#memory.read(list, signature, differenceMax);
  }

  /** Appends; `false`, and nothing happens, when the list already fills a page. */
  add(key: number, keypoint: number, signature: number): boolean {
    const length = this.#lengths[key] as number;
    if (this.#starts[key] === nowhere) this.#starts[key] = this.#place(0);
    else if (length === roomsOf[this.#rooms[key] as number] && !this.#grow(key)) return false;
    const at = (this.#starts[key] as number) + postingWords * length;
    this.#memory.words[at] = keypoint;
    this.#memory.words[at + 1] = signature;
    this.#lengths[key] = length + 1;
    return true;
  }

  /** Removes the keypoint's posting from a list; the last one takes its place. `false` when it is not there. */
  remove(key: number, keypoint: number): boolean {
    const length = this.#lengths[key] as number;
    const { words } = this.#memory;
    const start = this.#starts[key] as number;
    for (let at = start; at < start + postingWords * length; at += postingWords) {
      if (words[at] !== keypoint) continue;
      const last = start + postingWords * (length - 1);
      words.copyWithin(at, last, last + postingWords);
      this.#lengths[key] = length - 1;
      if (length === 1) this.#leave(key);
      return true;
    }
    return false;
  }

  #grow(key: number): boolean {
    const room = this.#rooms[key] as number;
    if (room + 1 === roomsOf.length) return false;
    const from = this.#starts[key] as number;
    const start = this.#place(room + 1);
    this.#memory.words.copyWithin(start, from, from + postingWords * (this.#lengths[key] as number));
    this.#free[room]?.push(from);
    this.#starts[key] = start;
    this.#rooms[key] = room + 1;
    return true;
  }

  #leave(key: number): void {
    this.#free[this.#rooms[key] as number]?.push(this.#starts[key] as number);
    this.#starts[key] = nowhere;
    this.#rooms[key] = 0;
  }

  #place(room: number): number {
    const again = this.#free[room]?.pop();
    if (again !== undefined) return again;
    const words = (roomsOf[room] as number) * postingWords;
    if (this.#pageUsed + words > pageWords) {
      this.#pageAt = this.#memory.extend(pageWords);
      this.#pages++;
      this.#pageUsed = 0;
    }
    const start = this.#pageAt + this.#pageUsed;
    this.#pageUsed += words;
    return start;
  }
}

/** What one reading of a list may cost and find. */
export interface ReadLimits {
  readonly lengthMax: number;
  readonly differenceMax: number;
}
