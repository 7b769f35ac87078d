import type { CodeIndex, Slot } from "@utsuru/core/code-index";
import { algorithms } from "@utsuru/core/fingerprint";
import { type CodeSpace, copyDistanceMax, qualityMin, spaceOf } from "@utsuru/core/score";
import type { Catalog, Image, IndexEntry, Viewer } from "../ports.ts";
import { type Change, type Probe, type WantedCode, wantedCodes } from "./probe.ts";

/** An image near a query. */
export interface Candidate extends Change {
  readonly imageId: string;
  readonly distance: number;
}

/** The images of one catalog in memory, as far as search needs them: who may see them, and the codes of those with enough detail. */
export interface SearchIndex {
  /** Images held. */
  readonly size: number;
  add(image: Image): void;
  remove(imageId: string): void;
  /** Every visible image within the distance at which two pictures are copies, at most the 10,000 nearest of each space; nearest first, ties by id. */
  near(probes: readonly Probe[], viewer: Viewer): Candidate[];
  /** Images that the viewer may see. */
  count(viewer: Viewer): number;
  /** Milliseconds since the oldest change of the database that is not in the index yet; 0 when there is none. */
  lagMs(): number;
}

/** An index of codes for each space. */
export type CodeIndexes = Readonly<Record<CodeSpace, CodeIndex>>;

/** Thousands of images may share one fingerprint: so many of the nearest are ranked, which takes a few milliseconds. */
const candidatesMax = 10_000;

/** Reads every fingerprint of the catalog into an index. */
export async function loadSearchIndex(ports: { catalog: Catalog; codes: CodeIndexes }): Promise<SearchIndex> {
  const index = new MemoryIndex(ports.codes);
  for (const algorithm of algorithms) {
    for await (const batch of ports.catalog.images.entries(algorithm)) for (const entry of batch) index.addEntry(entry);
  }
  return index;
}

interface Held {
  readonly audience: number;
  readonly slots: { readonly space: CodeSpace; readonly slot: Slot }[];
}

class MemoryIndex implements SearchIndex {
  readonly #codes: CodeIndexes;
  readonly #held = new Map<string, Held>();
  readonly #idOfSlot: Readonly<Record<CodeSpace, (string | undefined)[]>> = { pdq: [], dct256: [] };
  readonly #counts = new Map<number, number>();

  constructor(codes: CodeIndexes) {
    this.#codes = codes;
  }

  get size(): number {
    return this.#held.size;
  }

  add(image: Image): void {
    if (this.#held.has(image.id)) return;
    const audience = image.visibility === "public" ? 0 : image.owner.audience;
    for (const { algorithm, code, quality } of image.fingerprints) {
      this.addEntry({ imageId: image.id, audience, sha256: image.sha256, algorithm, code, quality });
    }
  }

  addEntry({ imageId, audience, algorithm, code, quality }: IndexEntry): void {
    const held = this.#held.get(imageId) ?? { audience, slots: [] };
    if (!this.#held.has(imageId)) {
      this.#held.set(imageId, held);
      this.#counts.set(audience, this.#countOf(audience) + 1);
    }
    if (quality < qualityMin) return;
    const space = spaceOf(algorithm);
    const slot = this.#codes[space].add(code, audience);
    this.#idOfSlot[space][slot] = imageId;
    held.slots.push({ space, slot });
  }

  remove(imageId: string): void {
    const held = this.#held.get(imageId);
    if (!held) return;
    this.#held.delete(imageId);
    this.#counts.set(held.audience, this.#countOf(held.audience) - 1);
    for (const { space, slot } of held.slots) {
      this.#codes[space].remove(slot);
      this.#idOfSlot[space][slot] = undefined;
    }
  }

  near(probes: readonly Probe[], viewer: Viewer): Candidate[] {
    const nearest = new Map<string, Candidate>();
    for (const { space, wanted } of wantedCodes(probes)) {
      for (const candidate of this.#nearIn(space, wanted, viewer)) {
        const known = nearest.get(candidate.imageId);
        if (!known || candidate.distance < known.distance) nearest.set(candidate.imageId, candidate);
      }
    }
    return [...nearest.values()].sort((a, b) => a.distance - b.distance || (a.imageId < b.imageId ? -1 : 1));
  }

  count(viewer: Viewer): number {
    return this.#countOf(0) + this.#countOf(viewer.audience);
  }

  lagMs(): number {
    // Every change is put in before its request is answered, so nothing is ever behind.
    return 0;
  }

  #nearIn(space: CodeSpace, wanted: readonly WantedCode[], viewer: Viewer): Candidate[] {
    const queries = wanted.map(({ code }) => code);
    const options = { viewer: viewer.audience, limit: candidatesMax };
    return this.#codes[space]
      .withinAny(queries, copyDistanceMax[space], options)
      .flatMap(({ slot, distance, query }) => {
        const [imageId, found] = [this.#idOfSlot[space][slot], wanted[query]];
        return imageId && found
          ? [{ imageId, distance, orientation: found.orientation, inverted: found.inverted }]
          : [];
      });
  }

  #countOf(audience: number): number {
    return this.#counts.get(audience) ?? 0;
  }
}
