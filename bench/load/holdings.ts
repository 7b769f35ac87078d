import type { Person } from "../../server/test/support/person.ts";
import { smallJpeg } from "../product/pictures.ts";
import { randomNumbers } from "./plan.ts";

/** A picture that was answered "created". */
export interface Held {
  readonly id: string;
  readonly owner: Person;
  readonly bytes: Buffer;
  readonly hex: string;
}

/** What the server must have, and must have no more, by its own answers. */
export class Holdings {
  readonly #present: Held[] = [];
  readonly #deleted = new Map<string, Held>();
  readonly #random = randomNumbers(7);
  #seed: number;

  constructor(firstSeed: number) {
    this.#seed = firstSeed;
  }

  get present(): readonly Held[] {
    return this.#present;
  }

  get deleted(): readonly Held[] {
    return [...this.#deleted.values()];
  }

  /** Whether somebody asked to delete it: from then on it may be gone. */
  isLeaving(held: Held): boolean {
    return this.#deleted.has(held.id);
  }

  /** A picture that nobody has sent. */
  async draw(): Promise<{ name: string; bytes: Buffer }> {
    const seed = this.#seed++;
    return { name: `load-${seed}.jpg`, bytes: await smallJpeg(seed) };
  }

  add(held: Held): void {
    this.#present.push(held);
  }

  /** Any one that nobody asked to delete. */
  any(): Held {
    return this.#at(this.#anyIndex());
  }

  /** Takes any one out, to be deleted. */
  take(): Held {
    const index = this.#anyIndex();
    const held = this.#at(index);
    this.#present.splice(index, 1);
    this.#deleted.set(held.id, held);
    return held;
  }

  #anyIndex(): number {
    return Math.floor(this.#random() * this.#present.length);
  }

  #at(index: number): Held {
    const held = this.#present[index];
    if (!held) throw new Error("there is no picture left to ask for");
    return held;
  }
}
