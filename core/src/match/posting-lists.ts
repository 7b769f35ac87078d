import { type PostingLimits, PostingMemory, type PostingQuery } from "../kernels/postings.ts";

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
  readonly #memory: PostingMemory;
  readonly #rooms: Uint8Array;
  readonly #free: number[][] = roomsOf.map(() => []);
  #pages = 0;
  #pageAt = 0;
  #pageUsed: number = pageWords;

  constructor(keys: number) {
    this.#memory = new PostingMemory(keys);
    this.#rooms = new Uint8Array(keys);
  }

  /** Bytes held, lists and what finds them. */
  get bytes(): number {
    return this.#pages * pageWords * 4 + this.#rooms.length * 9;
  }

  /** The hits of a query: see {@link PostingMemory.collect}. */
  collect(query: PostingQuery, limits: PostingLimits): Uint32Array {
    return this.#memory.collect(query, limits);
  }

  /** Appends; `false`, and nothing happens, when the list already fills a page. */
  add(key: number, keypoint: number, signature: number): boolean {
    const length = this.#memory.lengthOf(key);
    if (length === 0) this.#memory.setList(key, this.#place(0), 0);
    else if (length === roomsOf[this.#rooms[key] as number] && !this.#grow(key)) return false;
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
    const room = this.#rooms[key] as number;
    if (room + 1 === roomsOf.length) return false;
    const length = this.#memory.lengthOf(key);
    const from = this.#memory.listOf(key);
    const to = this.#place(room + 1);
    this.#memory.words.copyWithin(to - length, from - length, from + length);
    this.#memory.setList(key, to, length);
    this.#free[room]?.push(from);
    this.#rooms[key] = room + 1;
    return true;
  }

  #leave(key: number): void {
    this.#free[this.#rooms[key] as number]?.push(this.#memory.listOf(key));
    this.#memory.setList(key, nowhere, 0);
    this.#rooms[key] = 0;
  }

  /** A place for a list with such room: the word between its keypoints and its signatures. */
  #place(room: number): number {
    const again = this.#free[room]?.pop();
    if (again !== undefined) return again;
    const half = roomsOf[room] as number;
    const words = half * postingWords;
    if (this.#pageUsed + words > pageWords) {
      this.#pageAt = this.#memory.extend(pageWords);
      this.#pages++;
      this.#pageUsed = 0;
    }
    const start = this.#pageAt + this.#pageUsed;
    this.#pageUsed += words;
    return start + half;
  }
}
