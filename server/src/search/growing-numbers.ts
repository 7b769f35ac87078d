/** Whole numbers below 2^32 by place, 0 where none was set: 4 bytes each, and nothing for the garbage collector to walk. */
export class GrowingNumbers {
  #numbers = new Uint32Array(1024);

  at(place: number): number {
    return this.#numbers[place] ?? 0;
  }

  set(place: number, value: number): void {
    if (place >= this.#numbers.length) {
      const wider = new Uint32Array(Math.max(place + 1, 2 * this.#numbers.length));
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    this.#numbers[place] = value;
  }
}
