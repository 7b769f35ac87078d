import type { CodeIndex, QueryNeighbour, Slot } from "./code-index.ts";

/** Codes that all lie within the radius of the group's head. */
export interface Group {
  readonly head: Slot;
  /** The others, nearest to the head first, ties by slot; `query` is the number of the head's code that is nearest. */
  readonly members: readonly QueryNeighbour[];
}

/** What is to be grouped: the slot of its code in the index, and that code first, then its other orientations if wanted. */
export interface Groupable {
  readonly slot: Slot;
  readonly codes: readonly Uint8Array[];
}

/** How codes are grouped. */
export interface GroupOptions {
  /** Bits by which a member may differ from its head. Default 31. */
  readonly radius?: number;
  /** Who asks, as in a query of the index. Default 0. */
  readonly viewer?: number;
  /** Which slots may be members, where the index holds more than what is grouped. Default: all. */
  readonly among?: (slot: Slot) => boolean;
}

const radiusDefault = 31;

/**
 * Groups of two codes or more in which every member matches the head: A like B like C does not put A beside C.
 *
 * Codes are taken in the order given, the best copies first: the first in no group heads one, and gathers what matches it and
 * is in none. That is one query a head and one bit a slot; pairs are never listed, and groups stream as they are found.
 */
export function* groupCodes(
  index: CodeIndex,
  items: Iterable<Groupable>,
  { radius = radiusDefault, viewer = 0, among = () => true }: GroupOptions = {},
): Generator<Group, void> {
  const taken = new SlotSet();
  for (const { slot: head, codes } of items) {
    if (taken.has(head)) continue;
    const found = index.withinAny(codes, radius, { viewer });
    const members = found.filter(({ slot }) => slot !== head && !taken.has(slot) && among(slot));
    if (members.length === 0) continue;
    taken.add(head);
    for (const { slot } of members) taken.add(slot);
    yield { head, members };
  }
}

/** One bit a slot: a `Set` of numbers takes some 40 bytes each and ends at 16.7 million. */
class SlotSet {
  #bits = new Uint8Array(1024);

  has(slot: Slot): boolean {
    return (((this.#bits[slot >>> 3] ?? 0) >> (slot & 7)) & 1) === 1;
  }

  add(slot: Slot): void {
    const at = slot >>> 3;
    if (at >= this.#bits.length) {
      const wider = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      wider.set(this.#bits);
      this.#bits = wider;
    }
    this.#bits[at] = (this.#bits[at] as number) | (1 << (slot & 7));
  }
}
