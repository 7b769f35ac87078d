import { GrowingNumbers } from "./growing-numbers.ts";

/** Numbers of 32 bits that an id is. */
export const wordsPerId = 4;
/** Buckets of the table by which ids are found: 4 MB, of which what is never touched costs nothing. Ten million ids make chains of ten. */
const bucketBits = 20;

/**
 * Image ids (UUIDs) and their places: whole numbers from 0, given out again when an id has gone.
 *
 * Numbers alone, no string and no `Map`: over a million ids the garbage collector stopped everything for 200 to 400 ms, and a
 * `Map` that grows is copied in one go.
 */
export class ImageIds {
  readonly #words = new GrowingNumbers();
  /** By bucket the first place of its chain plus one, and by place the next. */
  readonly #heads = new Uint32Array(1 << bucketBits);
  readonly #next = new GrowingNumbers();
  /** Which places have an id: 1, else 0. */
  readonly #taken = new GrowingNumbers();
  readonly #free: number[] = [];
  #end = 0;

  get size(): number {
    return this.#end - this.#free.length;
  }

  /** Every place given out is below it. */
  get end(): number {
    return this.#end;
  }

  /** The id's place; `undefined` when it has none. */
  placeOf(id: string): number | undefined {
    const words = wordsOf(id);
    let link = this.#heads[bucketOf(words)] ?? 0;
    while (link !== 0 && !this.#isAt(link - 1, words)) link = this.#next.at(link - 1);
    return link === 0 ? undefined : link - 1;
  }

  /** Gives a place to an id that has none. */
  add(id: string): number {
    return this.addWords(wordsOf(id));
  }

  /** Gives a place to an id that has none, told by its numbers. */
  addWords(words: Words): number {
    const place = this.#free.pop() ?? this.#end++;
    for (let i = 0; i < wordsPerId; i++) this.#words.set(place * wordsPerId + i, words[i] ?? 0);
    const bucket = bucketOf(words);
    this.#next.set(place, this.#heads[bucket] ?? 0);
    this.#heads[bucket] = place + 1;
    this.#taken.set(place, 1);
    return place;
  }

  /** Takes the place from the id that has it. */
  delete(place: number): void {
    const bucket = bucketOf(this.#wordsAt(place));
    const next = this.#next.at(place);
    let link = this.#heads[bucket] ?? 0;
    if (link === place + 1) {
      this.#heads[bucket] = next;
    } else {
      while (this.#next.at(link - 1) !== place + 1) link = this.#next.at(link - 1);
      this.#next.set(link - 1, next);
    }
    this.#taken.set(place, 0);
    this.#free.push(place);
  }

  /** The id that has the place; `undefined` when none has. */
  at(place: number): string | undefined {
    const words = this.wordsAt(place);
    return words && idOf(words);
  }

  /** The numbers of the id that has the place; `undefined` when none has. */
  wordsAt(place: number): Words | undefined {
    return this.#taken.at(place) === 1 ? this.#wordsAt(place) : undefined;
  }

  #wordsAt(place: number): Words {
    const [at, words] = [place * wordsPerId, this.#words];
    return [words.at(at), words.at(at + 1), words.at(at + 2), words.at(at + 3)];
  }

  #isAt(place: number, words: Words): boolean {
    for (let i = 0; i < wordsPerId; i++) if (this.#words.at(place * wordsPerId + i) !== words[i]) return false;
    return true;
  }
}

/** An id as four numbers of 32 bits. */
export type Words = readonly [number, number, number, number];

function wordsOf(id: string): Words {
  const digits = id.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new RangeError(`expected a UUID, got "${id}"`);
  const word = (i: number): number => Number.parseInt(digits.slice(8 * i, 8 * i + 8), 16);
  return [word(0), word(1), word(2), word(3)];
}

function idOf(words: Words): string {
  idDigits.forEach((at, i) => {
    idText[at] = hexDigits.charCodeAt(((words[i >> 3] ?? 0) >>> (28 - 4 * (i & 7))) & 15);
  });
  return idText.toString("latin1");
}

const hexDigits = "0123456789abcdef";
const idShape = "........-....-....-....-............";
/** An id is written in here: put together of strings they took half the time of a search among ten thousand equal pictures. */
const idText = Buffer.from(idShape);
/** Where its digits stand. */
const idDigits: readonly number[] = [...idShape].flatMap((sign, at) => (sign === "-" ? [] : [at]));

/** The last half of a UUIDv7 is random; multiplying spreads ids made any other way (the constants of MurmurHash3's finalizer). */
function bucketOf([first, second, third, fourth]: Words): number {
  let mixed = Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b) ^ third;
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ fourth, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> (32 - bucketBits);
}
