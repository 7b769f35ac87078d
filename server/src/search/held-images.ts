import type { QueryNeighbour, Slot } from "@utsuru/core/code-index";
import { type Algorithm, algorithms } from "@utsuru/core/fingerprint";
import type { MultiIndex } from "@utsuru/core/multi-index";
import { type CodeSpace, codeSpaces, copyDistanceMax, qualityMin, spaceOf } from "@utsuru/core/score";
import type { IndexEntry } from "../ports.ts";
import { GoneImages } from "./gone-images.ts";
import { GrowingNumbers } from "./growing-numbers.ts";
import { ImageIds, wordsPerId } from "./image-ids.ts";
import { candidatesMax } from "./nearest-images.ts";

/** A moment in the life of the images held: how many changes there had been. */
export type Turn = number;

/** Images as numbers, one row after another: the id's four, the audience, and for each algorithm the slot of its code plus one, 0 without a code. */
export type PackedRows = Uint32Array;

/** Numbers of one image in packed rows. */
export const numbersPerRow: number = wordsPerId + 1 + algorithms.length;
const slotsAt = wordsPerId + 1;

/** A code near a query, and the image it is of. */
export type HeldNeighbour = QueryNeighbour & { readonly imageId: string };

/** An index of codes for each space. */
export type CodeIndexes = Readonly<Record<CodeSpace, MultiIndex>>;

/** Which images there are, who may see them, and the codes of those with enough detail. */
export class HeldImages {
  readonly indexes: CodeIndexes;
  /** An image's place in the columns: all of them numbers, for a million images held as objects made a heap of 690 MB. */
  readonly #ids = new ImageIds();
  readonly #audiences = new GrowingNumbers();
  readonly #turns = new GrowingNumbers();
  /** The slot of each algorithm's code, plus one. */
  readonly #slots = eachOf(algorithms, () => new GrowingNumbers());
  readonly #placeOfSlot = eachOf(codeSpaces, () => new GrowingNumbers());
  readonly #counts = new Map<number, number>();
  readonly #gone = new GoneImages();
  #turn: Turn = 0;

  constructor(indexes: CodeIndexes) {
    this.indexes = indexes;
  }

  /**
   * Images as a snapshot kept them: the codes of one moment, and rows of those images that had not changed since. The others the
   * database tells of anew, so their codes go.
   */
  static async restore(indexes: CodeIndexes, batches: AsyncIterable<PackedRows>): Promise<HeldImages> {
    const images = new HeldImages(indexes);
    for await (const rows of batches) for (let at = 0; at < rows.length; at += numbersPerRow) images.#unpack(rows, at);
    for (const space of codeSpaces) {
      const index = indexes[space];
      for (let slot = 0; slot < index.slotEnd; slot++)
        if (images.#placeOfSlot[space].at(slot) === 0) index.remove(slot);
    }
    return images;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Takes in an image that was just uploaded, unless the database was faster: then it is held already, or has gone again. */
  add(entry: IndexEntry): void {
    if (this.#ids.placeOf(entry.imageId) === undefined) this.put(entry);
  }

  /** Takes in an image as the database has it, in place of what was held of it. */
  put({ imageId, audience, fingerprints }: IndexEntry): void {
    if (this.#gone.has(imageId)) return;
    this.#drop(imageId);
    const place = this.#hold(this.#ids.add(imageId), audience);
    for (const { algorithm, code, quality } of fingerprints) {
      if (quality < qualityMin) continue;
      this.#holdCode(place, algorithm, this.indexes[spaceOf(algorithm)].add(code, audience));
    }
  }

  remove(imageId: string): void {
    this.#turn++;
    this.#gone.add(imageId);
    this.#drop(imageId);
  }

  /** Forgets which images had gone when this was last called. */
  forgetGone(): void {
    this.#gone.forget();
  }

  /** The moment: what is put or added from now on is younger. */
  now(): Turn {
    return this.#turn;
  }

  /** The images held that are as old as the moment. Others may come, change and go while they are walked. */
  *rows(moment: Turn): Generator<{ readonly imageId: string }> {
    for (let place = 0; place < this.#ids.end; place++) {
      const imageId = this.#turns.at(place) > moment ? undefined : this.#ids.at(place);
      if (imageId !== undefined) yield { imageId };
    }
  }

  /** What is held of the images that are as old as the moment, so many rows at most in a piece; others may come, change and go meanwhile. */
  *packed(moment: Turn, rowsMax: number): Generator<PackedRows> {
    const rows = new Uint32Array(rowsMax * numbersPerRow);
    let filled = 0;
    for (let place = 0; place < this.#ids.end; place++) {
      if (this.#turns.at(place) > moment || !this.#pack(place, rows, filled)) continue;
      filled += numbersPerRow;
      if (filled < rows.length) continue;
      yield rows;
      filled = 0;
    }
    if (filled > 0) yield rows.subarray(0, filled);
  }

  /** The nearest codes of a space that the viewer may see, within the distance at which two pictures are copies; `query` numbers the wanted. */
  near(space: CodeSpace, wanted: readonly Uint8Array[], viewer: number): HeldNeighbour[] {
    const options = { viewer, limit: candidatesMax };
    return this.indexes[space].withinAny(wanted, copyDistanceMax[space], options).flatMap((neighbour) => {
      const imageId = this.#idAt(space, neighbour.slot);
      return imageId === undefined ? [] : [{ ...neighbour, imageId }];
    });
  }

  /** Images of exactly this audience. */
  count(audience: number): number {
    return this.#counts.get(audience) ?? 0;
  }

  #hold(place: number, audience: number): number {
    this.#audiences.set(place, audience);
    this.#turns.set(place, ++this.#turn);
    for (const algorithm of algorithms) this.#slots[algorithm].set(place, 0);
    this.#counts.set(audience, this.count(audience) + 1);
    return place;
  }

  #holdCode(place: number, algorithm: Algorithm, slot: Slot): void {
    this.#slots[algorithm].set(place, slot + 1);
    this.#placeOfSlot[spaceOf(algorithm)].set(slot, place + 1);
  }

  /** Writes what is held at a place; `false` when nothing is. */
  #pack(place: number, rows: PackedRows, at: number): boolean {
    const words = this.#ids.wordsAt(place);
    if (words === undefined) return false;
    rows.set(words, at);
    rows[at + wordsPerId] = this.#audiences.at(place);
    for (const [i, algorithm] of algorithms.entries()) rows[at + slotsAt + i] = this.#slots[algorithm].at(place);
    return true;
  }

  #unpack(rows: PackedRows, at: number): void {
    const number = (i: number): number => rows[at + i] ?? 0;
    const id = this.#ids.addWords([number(0), number(1), number(2), number(3)]);
    const place = this.#hold(id, number(wordsPerId));
    for (const [i, algorithm] of algorithms.entries()) {
      const slot = number(slotsAt + i);
      if (slot > 0) this.#holdCode(place, algorithm, slot - 1);
    }
  }

  #drop(imageId: string): void {
    const place = this.#ids.placeOf(imageId);
    if (place === undefined) return;
    const audience = this.#audiences.at(place);
    this.#counts.set(audience, this.count(audience) - 1);
    for (const algorithm of algorithms) this.#dropCode(place, algorithm);
    this.#ids.delete(place);
  }

  #dropCode(place: number, algorithm: Algorithm): void {
    const [slot, space] = [this.#slots[algorithm].at(place) - 1, spaceOf(algorithm)];
    if (slot < 0) return;
    this.indexes[space].remove(slot);
    this.#placeOfSlot[space].set(slot, 0);
  }

  #idAt(space: CodeSpace, slot: Slot): string | undefined {
    const place = this.#placeOfSlot[space].at(slot);
    return place === 0 ? undefined : this.#ids.at(place - 1);
  }
}

function eachOf<K extends string, V>(keys: readonly K[], make: () => V): Readonly<Record<K, V>> {
  return Object.fromEntries(keys.map((key) => [key, make()])) as Record<K, V>;
}
