/** How soon an item is wanted: someone waits for it now, someone can wait, nobody waits. */
export const ranks = ["urgent", "patient", "idle"] as const;

/** One of {@link ranks}. */
export type Rank = (typeof ranks)[number];

/** So many items go before the first of a rank that waits; then it has its turn. Urgent ones are quick, and nothing starves. */
const passedMax: Readonly<Record<Rank, number>> = { urgent: 0, patient: 8, idle: 100 };

/** Idle items wait until no other came for so long: a worker that is free for a moment in a row of others would be busy when the next comes. */
const quietMs = 250;

interface Line<T> {
  readonly items: T[];
  /** Items of other ranks that were taken since its first one came to be the first. */
  passed: number;
}

interface Taker<T> {
  readonly takes: (rank: Rank) => boolean;
  readonly give: (item: T | undefined) => void;
}

/** A queue with a bound, from which workers wait to take: urgent items first, then patient ones, then, when these let up, idle ones; each rank first in, first out. */
export class JobQueue<T> {
  readonly #lengthMax: number;
  readonly #lines: Readonly<Record<Rank, Line<T>>> = {
    urgent: { items: [], passed: 0 },
    patient: { items: [], passed: 0 },
    idle: { items: [], passed: 0 },
  };
  readonly #takers: Taker<T>[] = [];
  #isClosed = false;
  /** When idle items may be taken, by `performance.now()`. */
  #idleFrom = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Adds an item, or hands it to a worker that waits, to one that takes nothing else if there is one; `false` when the queue is full or closed. */
  push(item: T, rank: Rank): boolean {
    if (this.#isClosed) return false;
    if (rank !== "idle") this.#idleFrom = performance.now() + quietMs;
    const taker = this.#mayTake(rank) ? this.#takerOf(rank) : undefined;
    if (taker !== undefined) taker.give(item);
    else if (this.#length >= this.#lengthMax) return false;
    else this.#lines[rank].items.push(item);
    this.#offerIdleLater();
    return true;
  }

  /** Takes an item out again; `false` when a worker already has it. */
  remove(item: T): boolean {
    for (const rank of ranks) {
      const { items } = this.#lines[rank];
      const at = items.indexOf(item);
      if (at >= 0) return items.splice(at, 1).length > 0;
    }
    return false;
  }

  /** The next item, or the next urgent one, once there is one; `undefined` when the queue was closed. */
  take(what: "any" | "urgent" = "any"): Promise<T | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    const rank = what === "any" ? this.#next() : what;
    const item = rank && this.#takeFrom(rank);
    if (item !== undefined) return Promise.resolve(item);
    const takes = (offered: Rank): boolean => what === "any" || offered === what;
    const taken = new Promise<T | undefined>((give) => this.#takers.push({ takes, give }));
    this.#offerIdleLater();
    return taken;
  }

  /** Sends the waiting workers home and gives back what nobody took. */
  close(): readonly T[] {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    for (const { give } of this.#takers.splice(0)) give(undefined);
    return ranks.flatMap((rank) => this.#lines[rank].items.splice(0));
  }

  #mayTake(rank: Rank): boolean {
    return rank !== "idle" || performance.now() >= this.#idleFrom;
  }

  /** Hands idle items to workers that wait as soon as it has been quiet; until the next time while it has not. */
  #offerIdleLater(): void {
    const { items } = this.#lines.idle;
    if (this.#idleTimer !== undefined || items.length === 0 || !this.#takers.some(({ takes }) => takes("idle"))) return;
    this.#idleTimer = setTimeout(
      () => {
        this.#idleTimer = undefined;
        if (this.#mayTake("idle")) this.#offerIdle();
        this.#offerIdleLater();
      },
      Math.max(0, this.#idleFrom - performance.now()),
    );
  }

  #offerIdle(): void {
    while (this.#lines.idle.items.length > 0) {
      const taker = this.#takerOf("idle");
      if (taker === undefined) return;
      taker.give(this.#takeFrom("idle"));
    }
  }

  get #length(): number {
    return ranks.reduce((sum, rank) => sum + this.#lines[rank].items.length, 0);
  }

  /** The rank whose turn it is: one that was passed too often, or else the first that has any. */
  #next(): Rank | undefined {
    const waiting = ranks.filter((rank) => this.#lines[rank].items.length > 0);
    const passedOver = waiting.find((rank) => rank !== "urgent" && this.#lines[rank].passed >= passedMax[rank]);
    return passedOver ?? waiting.find((rank) => this.#mayTake(rank));
  }

  #takeFrom(rank: Rank): T | undefined {
    const item = this.#lines[rank].items.shift();
    if (item === undefined) return undefined;
    for (const other of ranks) this.#lines[other].passed = other === rank ? 0 : this.#passedNow(other);
    return item;
  }

  #passedNow(rank: Rank): number {
    const { items, passed } = this.#lines[rank];
    return items.length > 0 ? passed + 1 : 0;
  }

  #takerOf(rank: Rank): Taker<T> | undefined {
    const able = this.#takers.filter(({ takes }) => takes(rank));
    const taker = able.find(({ takes }) => !ranks.every(takes)) ?? able[0];
    if (taker !== undefined) this.#takers.splice(this.#takers.indexOf(taker), 1);
    return taker;
  }
}
