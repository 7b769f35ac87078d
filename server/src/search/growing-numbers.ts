const numbersPerPart = 65_536;
const firstLength = 1024;

/** Whole numbers below 2^32 by place, 0 where none was set: 4 bytes each, nothing for the garbage collector to walk, and no long copy as they grow. */
export class GrowingNumbers {
  /** The last part may be shorter. */
  readonly #parts: Uint32Array[] = [];

  at(place: number): number {
    return this.#parts[Math.floor(place / numbersPerPart)]?.[place % numbersPerPart] ?? 0;
  }

  set(place: number, value: number): void {
    const [part, within] = [Math.floor(place / numbersPerPart), place % numbersPerPart];
    let numbers = this.#parts[part];
    if (numbers === undefined || within >= numbers.length) numbers = this.#grow(part, within);
    numbers[within] = value;
  }

  #grow(part: number, within: number): Uint32Array {
    for (let before = this.#parts.length; before < part; before++) this.#parts.push(new Uint32Array(numbersPerPart));
    const length = part === 0 ? lengthFor(within) : numbersPerPart;
    const grown = new Uint32Array(length);
    grown.set(this.#parts[part] ?? []);
    this.#parts[part] = grown;
    return grown;
  }
}

/** Small ones stay small. */
function lengthFor(within: number): number {
  let length = firstLength;
  while (length <= within) length *= 2;
  return length;
}
