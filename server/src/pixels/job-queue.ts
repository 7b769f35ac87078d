/** So many urgent items in a row, then a patient one that waits: urgent ones are quick, patient ones never starve. */
const urgentInARowMax = 8;

/** A queue with a bound, from which workers wait to take: urgent items before patient ones, each kind first in, first out. */
export class JobQueue<T> {
  readonly #lengthMax: number;
  readonly #urgent: T[] = [];
  readonly #patient: T[] = [];
  readonly #takers: ((item: T | undefined) => void)[] = [];
  #urgentInARow = 0;
  #isClosed = false;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Adds an item, or hands it to a worker that waits; `false` when the queue is full or closed. */
  push(item: T, { isUrgent = false }: { readonly isUrgent?: boolean } = {}): boolean {
    if (this.#isClosed) return false;
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(item);
    else if (this.#urgent.length + this.#patient.length >= this.#lengthMax) return false;
    else (isUrgent ? this.#urgent : this.#patient).push(item);
    return true;
  }

  /** Takes an item out again; `false` when a worker already has it. */
  remove(item: T): boolean {
    const items = this.#urgent.includes(item) ? this.#urgent : this.#patient;
    const at = items.indexOf(item);
    if (at < 0) return false;
    items.splice(at, 1);
    return true;
  }

  /** The next item, once there is one; `undefined` when the queue was closed. */
  take(): Promise<T | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    if (this.#urgent.length + this.#patient.length === 0) return new Promise((resolve) => this.#takers.push(resolve));
    const isPatientsTurn = this.#urgent.length === 0 || this.#urgentInARow >= urgentInARowMax;
    const next = (isPatientsTurn && this.#patient.length > 0 ? this.#patient : this.#urgent).shift();
    this.#urgentInARow = isPatientsTurn ? 0 : this.#urgentInARow + 1;
    return Promise.resolve(next);
  }

  /** Sends the waiting workers home and gives back what nobody took. */
  close(): readonly T[] {
    this.#isClosed = true;
    for (const taker of this.#takers.splice(0)) taker(undefined);
    return [...this.#urgent.splice(0), ...this.#patient.splice(0)];
  }
}
