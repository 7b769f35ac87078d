/** A first-in, first-out queue with a bound, from which workers wait to take. */
export class JobQueue<T> {
  readonly #lengthMax: number;
  readonly #items: T[] = [];
  readonly #takers: ((item: T | undefined) => void)[] = [];
  #isClosed = false;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Adds an item, or hands it to a worker that waits; `false` when the queue is full or closed. */
  push(item: T): boolean {
    if (this.#isClosed) return false;
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(item);
    else if (this.#items.length >= this.#lengthMax) return false;
    else this.#items.push(item);
    return true;
  }

  /** Takes an item out again; `false` when a worker already has it. */
  remove(item: T): boolean {
    const at = this.#items.indexOf(item);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    return true;
  }

  /** The oldest item, once there is one; `undefined` when the queue was closed. */
  take(): Promise<T | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Sends the waiting workers home and gives back what nobody took. */
  close(): readonly T[] {
    this.#isClosed = true;
    for (const taker of this.#takers.splice(0)) taker(undefined);
    return this.#items.splice(0);
  }
}
