import type { QueryNeighbour, Slot } from "@utsuru/core/code-index";
import type { MultiIndex } from "@utsuru/core/multi-index";
import { type CodeSpace, codeSpaces, copyDistanceMax, qualityMin, spaceOf } from "@utsuru/core/score";
import type { IndexEntry } from "../ports.ts";

/** A moment in the life of the images held: how many changes there had been. */
export type Turn = number;

/** Where an image is held. Without a code it has too little detail for a fingerprint, and is found by its bytes alone. */
interface Held {
  readonly audience: number;
  readonly codes: readonly HeldCode[];
  /** The moment it was put. */
  readonly turn: Turn;
}

/** Where a code is. */
export interface HeldCode {
  readonly space: CodeSpace;
  readonly slot: Slot;
}

/** What a snapshot keeps of an image besides its codes' bits. */
export type HeldRow = Omit<Held, "turn"> & { readonly imageId: string };

/** A code near a query, and the image it is of. */
export type HeldNeighbour = QueryNeighbour & { readonly imageId: string };

/** An index of codes for each space. */
export type CodeIndexes = Readonly<Record<CodeSpace, MultiIndex>>;

/** Thousands of images may share one fingerprint: so many of the nearest are ranked, which takes a few milliseconds. */
const candidatesMax = 10_000;

/**
 * Which images there are, who may see them, and the codes of those with enough detail.
 *
 * Ids are never given out again: what has gone stays gone. Word of an image that was read before it went, or of an upload that was
 * answered late, must not bring it back, so those that went last are remembered for a while.
 */
export class HeldImages {
  readonly indexes: CodeIndexes;
  readonly #images = new Map<string, Held>();
  readonly #idOfSlot: Readonly<Record<CodeSpace, (string | undefined)[]>> = { pdq: [], dct256: [] };
  readonly #counts = new Map<number, number>();
  #gone = new Set<string>();
  #goneBefore = new Set<string>();
  #turn: Turn = 0;

  constructor(indexes: CodeIndexes) {
    this.indexes = indexes;
  }

  /**
   * Images as a snapshot kept them: the codes of one moment, and rows of those images that had not changed since. The others the
   * database tells of anew, so their codes go.
   */
  static restore(indexes: CodeIndexes, rows: Iterable<HeldRow>): HeldImages {
    const images = new HeldImages(indexes);
    for (const row of rows) images.#hold(row);
    for (const space of codeSpaces) {
      const [index, idOfSlot] = [indexes[space], images.#idOfSlot[space]];
      for (let slot = 0; slot < index.slotEnd; slot++) if (idOfSlot[slot] === undefined) index.remove(slot);
    }
    return images;
  }

  get size(): number {
    return this.#images.size;
  }

  /** Takes in an image that was just uploaded, unless the database was faster: then it is held already, or has gone again. */
  add(entry: IndexEntry): void {
    if (!this.#images.has(entry.imageId)) this.put(entry);
  }

  /** Takes in an image as the database has it, in place of what was held of it. */
  put({ imageId, audience, fingerprints }: IndexEntry): void {
    if (this.#gone.has(imageId) || this.#goneBefore.has(imageId)) return;
    this.#drop(imageId);
    const telling = fingerprints.filter(({ quality }) => quality >= qualityMin);
    const codes = telling.map(({ algorithm, code }) => {
      const space = spaceOf(algorithm);
      return { space, slot: this.indexes[space].add(code, audience) };
    });
    this.#hold({ imageId, audience, codes });
  }

  remove(imageId: string): void {
    this.#turn++;
    this.#gone.add(imageId);
    this.#drop(imageId);
  }

  /** Forgets which images had gone when this was last called. */
  forgetGone(): void {
    this.#goneBefore = this.#gone;
    this.#gone = new Set();
  }

  /** The moment: what is put or added from now on is younger. */
  now(): Turn {
    return this.#turn;
  }

  /** What is held of images that are as old as the moment. Images may come, change and go while it is walked. */
  *rows(moment: Turn): Generator<HeldRow> {
    for (const [imageId, { audience, codes, turn }] of this.#images) {
      if (turn > moment) return; // they stand in the order of their turns
      yield { imageId, audience, codes };
    }
  }

  /** The nearest codes of a space that the viewer may see, within the distance at which two pictures are copies; `query` numbers the wanted. */
  near(space: CodeSpace, wanted: readonly Uint8Array[], viewer: number): HeldNeighbour[] {
    const options = { viewer, limit: candidatesMax };
    return this.indexes[space].withinAny(wanted, copyDistanceMax[space], options).flatMap((neighbour) => {
      const imageId = this.#idOfSlot[space][neighbour.slot];
      return imageId === undefined ? [] : [{ ...neighbour, imageId }];
    });
  }

  /** Images of exactly this audience. */
  count(audience: number): number {
    return this.#counts.get(audience) ?? 0;
  }

  #hold({ imageId, audience, codes }: HeldRow): void {
    this.#images.set(imageId, { audience, codes, turn: ++this.#turn });
    for (const { space, slot } of codes) this.#idOfSlot[space][slot] = imageId;
    this.#counts.set(audience, this.count(audience) + 1);
  }

  #drop(imageId: string): void {
    const held = this.#images.get(imageId);
    if (!held) return;
    this.#images.delete(imageId);
    this.#counts.set(held.audience, this.count(held.audience) - 1);
    for (const { space, slot } of held.codes) {
      this.indexes[space].remove(slot);
      this.#idOfSlot[space][slot] = undefined;
    }
  }
}
