import type { QueryNeighbour, Slot } from "@utsuru/core/code-index";
import { type Algorithm, algorithms } from "@utsuru/core/fingerprint";
import type { MultiIndex } from "@utsuru/core/multi-index";
import { type CodeSpace, codeSpaces, copyDistanceMax, qualityMin, spaceOf } from "@utsuru/core/score";
import type { IndexEntry } from "../ports.ts";
import { GoneImages } from "./gone-images.ts";
import { GrowingNumbers } from "./growing-numbers.ts";
import { ImageIds } from "./image-ids.ts";
import { candidatesMax } from "./nearest-images.ts";

/** A moment in the life of the images held: how many changes there had been. */
export type Turn = number;

/** Where a code is. */
export interface HeldCode {
  readonly algorithm: Algorithm;
  readonly slot: Slot;
}

/** An image as it is held. Without a code it has too little detail for a fingerprint, and is found by its bytes alone. */
export interface HeldRow {
  readonly imageId: string;
  readonly audience: number;
  readonly codes: readonly HeldCode[];
}

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
  static async restore(indexes: CodeIndexes, batches: AsyncIterable<Iterable<HeldRow>>): Promise<HeldImages> {
    const images = new HeldImages(indexes);
    for await (const rows of batches) for (const row of rows) images.#hold(row);
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
    const telling = fingerprints.filter(({ quality }) => quality >= qualityMin);
    const codes = telling.map(({ algorithm, code }) => ({
      algorithm,
      slot: this.indexes[spaceOf(algorithm)].add(code, audience),
    }));
    this.#hold({ imageId, audience, codes });
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

  /** What is held of images that are as old as the moment. Images may come, change and go while it is walked. */
  *rows(moment: Turn): Generator<HeldRow> {
    for (let place = 0; place < this.#ids.end; place++) {
      const imageId = this.#turns.at(place) > moment ? undefined : this.#ids.at(place);
      if (imageId !== undefined) yield { imageId, audience: this.#audiences.at(place), codes: this.#codesAt(place) };
    }
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

  #hold({ imageId, audience, codes }: HeldRow): void {
    const place = this.#ids.add(imageId);
    this.#audiences.set(place, audience);
    this.#turns.set(place, ++this.#turn);
    for (const algorithm of algorithms) this.#slots[algorithm].set(place, 0);
    for (const { algorithm, slot } of codes) {
      this.#slots[algorithm].set(place, slot + 1);
      this.#placeOfSlot[spaceOf(algorithm)].set(slot, place + 1);
    }
    this.#counts.set(audience, this.count(audience) + 1);
  }

  #drop(imageId: string): void {
    const place = this.#ids.placeOf(imageId);
    if (place === undefined) return;
    const audience = this.#audiences.at(place);
    this.#counts.set(audience, this.count(audience) - 1);
    for (const { algorithm, slot } of this.#codesAt(place)) {
      this.indexes[spaceOf(algorithm)].remove(slot);
      this.#placeOfSlot[spaceOf(algorithm)].set(slot, 0);
    }
    this.#ids.delete(place);
  }

  #codesAt(place: number): HeldCode[] {
    return algorithms.flatMap((algorithm) => {
      const slot = this.#slots[algorithm].at(place) - 1;
      return slot < 0 ? [] : [{ algorithm, slot }];
    });
  }

  #idAt(space: CodeSpace, slot: Slot): string | undefined {
    const place = this.#placeOfSlot[space].at(slot);
    return place === 0 ? undefined : this.#ids.at(place - 1);
  }
}

function eachOf<K extends string, V>(keys: readonly K[], make: () => V): Readonly<Record<K, V>> {
  return Object.fromEntries(keys.map((key) => [key, make()])) as Record<K, V>;
}
