/** Words of a posting: which keypoint, and its signature. */
const postingWords = 2;
const pageWords = 1 << 20;
/** Room that a list may have, in postings; a full list moves to the next. */
const roomsOf: readonly number[] = growingRooms();

function growingRooms(): number[] {
  const rooms = [2];
  while ((rooms.at(-1) as number) < pageWords / postingWords / 2)
    rooms.push(Math.min(pageWords / postingWords, Math.ceil(((rooms.at(-1) as number) * 3) / 2)));
  return rooms;
}

/**
 * Lists of (keypoint, signature), one for each key, that grow and shrink one posting at a time without a pause.
 *
 * Lists live in pages of 4 MB and move to a roomier place when full (half again as large); places left behind are used again.
 */
export class PostingLists {
  readonly #starts: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #rooms: Uint8Array;
  readonly #pages: Uint32Array[] = [];
  readonly #free: number[][] = roomsOf.map(() => []);
  #pageUsed: number = pageWords;

  constructor(keys: number) {
    this.#starts = new Float64Array(keys).fill(-1);
    this.#lengths = new Uint32Array(keys);
    this.#rooms = new Uint8Array(keys);
  }

  /** Bytes held, lists and what finds them. */
  get bytes(): number {
    return this.#pages.length * pageWords * 4 + this.#starts.length * 13;
  }

  lengthOf(key: number): number {
    return this.#lengths[key] as number;
  }

  /** Where a list's words are: `page[at + 2 i]` is keypoint i, `page[at + 2 i + 1]` its signature. Valid until the next change. */
  wordsOf(key: number): { page: Uint32Array; at: number } {
    const start = Math.max(0, this.#starts[key] as number);
    return { page: this.#pages[Math.floor(start / pageWords)] as Uint32Array, at: start % pageWords };
  }

  /** Appends; `false`, and nothing happens, when the list already fills a page. */
  add(key: number, keypoint: number, signature: number): boolean {
    const length = this.#lengths[key] as number;
    if ((this.#starts[key] as number) < 0) this.#starts[key] = this.#place(0);
    else if (length === roomsOf[this.#rooms[key] as number] && !this.#grow(key)) return false;
    const { page, at } = this.wordsOf(key);
    page[at + postingWords * length] = keypoint;
    page[at + postingWords * length + 1] = signature;
    this.#lengths[key] = length + 1;
    return true;
  }

  /** Removes the keypoint's posting from a list; the last one takes its place. `false` when it is not there. */
  remove(key: number, keypoint: number): boolean {
    const length = this.#lengths[key] as number;
    if (length === 0) return false;
    const { page, at } = this.wordsOf(key);
    for (let i = 0; i < length; i++) {
      if (page[at + postingWords * i] !== keypoint) continue;
      const last = at + postingWords * (length - 1);
      page.copyWithin(at + postingWords * i, last, last + postingWords);
      this.#lengths[key] = length - 1;
      if (length === 1) this.#leave(key);
      return true;
    }
    return false;
  }

  #grow(key: number): boolean {
    const room = this.#rooms[key] as number;
    if (room + 1 === roomsOf.length) return false;
    const from = this.wordsOf(key);
    const length = this.#lengths[key] as number;
    const start = this.#place(room + 1);
    const page = this.#pages[Math.floor(start / pageWords)] as Uint32Array;
    page.set(from.page.subarray(from.at, from.at + postingWords * length), start % pageWords);
    this.#free[room]?.push(this.#starts[key] as number);
    this.#starts[key] = start;
    this.#rooms[key] = room + 1;
    return true;
  }

  #leave(key: number): void {
    this.#free[this.#rooms[key] as number]?.push(this.#starts[key] as number);
    this.#starts[key] = -1;
    this.#rooms[key] = 0;
  }

  #place(room: number): number {
    const again = this.#free[room]?.pop();
    if (again !== undefined) return again;
    const words = (roomsOf[room] as number) * postingWords;
    if (this.#pageUsed + words > pageWords) {
      this.#pages.push(new Uint32Array(pageWords));
      this.#pageUsed = 0;
    }
    const start = (this.#pages.length - 1) * pageWords + this.#pageUsed;
    this.#pageUsed += words;
    return start;
  }
}
