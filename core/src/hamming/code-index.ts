/** Where an index keeps one code: a whole number from 0, reused after removal. */
export type Slot = number;

/** One code found: where it is, and how many of its 256 bits differ from the query's. */
export interface Neighbour {
  readonly slot: Slot;
  readonly distance: number;
}

/** One code found by several queries at once: `query` is the number of the nearest of them, the first of equals. */
export interface QueryNeighbour extends Neighbour {
  readonly query: number;
}

/** What a query of an index asks besides its code. */
export interface QueryOptions {
  /** Who asks: codes of audience 0, and those of just this audience, are seen. Default 0: only what everyone may see. */
  readonly viewer?: number;
  /** At most so many neighbours, the nearest ones: bounds the answer where thousands share one code. Default: all. */
  readonly limit?: number;
}

/**
 * An exact index over 256-bit codes: the plain scan, multi-index hashing and the database answer the same.
 *
 * Codes are 32 bytes. An audience is a whole number below 2^32: 0 for everyone, otherwise the one viewer who may see the code.
 */
export interface CodeIndex {
  /** Codes held. */
  readonly size: number;
  /** Takes a code in, visible to queries at once; returns its slot. */
  add(code: Uint8Array, audience: number): Slot;
  /** Removes the code of a slot; `false` when the slot holds none. */
  remove(slot: Slot): boolean;
  /** Every visible code at most `radius` bits away (0–256), nearest first, ties by slot. */
  within(query: Uint8Array, radius: number, options?: QueryOptions): Neighbour[];
  /** Every visible code at most `radius` bits from any of 1 to 32 queries (one picture's orientations), each code once; order as `within`. */
  withinAny(queries: readonly Uint8Array[], radius: number, options?: QueryOptions): QueryNeighbour[];
  /** The `count` nearest visible codes, nearest first, ties by slot. */
  nearest(query: Uint8Array, count: number, options?: QueryOptions): Neighbour[];
}
