import type { CodeIndex } from "@utsuru/core/code-index";
import type { Orientation } from "@utsuru/core/orientations";
import { inverseOf, orientations } from "@utsuru/core/orientations";
import { copyDistanceMax, qualityMin } from "@utsuru/core/score";
import type { Catalog, Image, IndexEntry, Viewer } from "../ports.ts";

/** An image near a query. `orientation` is what was done to the stored image to get the query. */
export interface Candidate {
  readonly imageId: string;
  readonly distance: number;
  readonly orientation: Orientation;
}

/** The codes of a picture after each symmetry; a query may know only some. */
export type Codes = Readonly<Partial<Record<Orientation, Uint8Array>>>;

/** The images of one catalog in memory, as far as search needs them: who may see them, and the codes of those with enough detail. */
export interface SearchIndex {
  /** Images held. */
  readonly size: number;
  add(image: Image): void;
  remove(imageId: string): void;
  /** Every visible image within the distance at which two pictures are copies, at most the 10,000 nearest; nearest first, ties by id. */
  near(codes: Codes, viewer: Viewer): Candidate[];
  /** Images that the viewer may see. */
  count(viewer: Viewer): number;
  /** Milliseconds since the oldest change of the database that is not in the index yet; 0 when there is none. */
  lagMs(): number;
}

/** Thousands of images may share one fingerprint: so many of the nearest are ranked, which takes a few milliseconds. */
const candidatesMax = 10_000;

/** Reads every fingerprint of the catalog into an index. */
export async function loadSearchIndex(ports: { catalog: Catalog; codes: CodeIndex }): Promise<SearchIndex> {
  const index = searchIndex(ports.codes);
  for await (const batch of ports.catalog.images.entries("pdq")) for (const entry of batch) index.addEntry(entry);
  return index;
}

type Held = { readonly audience: number; readonly slot: number | undefined };

function searchIndex(codes: CodeIndex): SearchIndex & { addEntry(entry: IndexEntry): void } {
  const held = new Map<string, Held>();
  const idOfSlot: (string | undefined)[] = [];
  const counts = new Map<number, number>();

  const addEntry = (entry: IndexEntry): void => {
    if (held.has(entry.imageId)) return;
    const slot = entry.quality < qualityMin ? undefined : codes.add(entry.code, entry.audience);
    if (slot !== undefined) idOfSlot[slot] = entry.imageId;
    held.set(entry.imageId, { audience: entry.audience, slot });
    counts.set(entry.audience, (counts.get(entry.audience) ?? 0) + 1);
  };

  const remove = (imageId: string): void => {
    const image = held.get(imageId);
    if (!image) return;
    held.delete(imageId);
    counts.set(image.audience, (counts.get(image.audience) ?? 0) - 1);
    if (image.slot === undefined) return;
    codes.remove(image.slot);
    idOfSlot[image.slot] = undefined;
  };

  const near = (query: Codes, viewer: Viewer): Candidate[] => {
    const known = orientations.flatMap((symmetry) => {
      const code = query[symmetry];
      return code ? [{ symmetry, code }] : [];
    });
    const options = { viewer: viewer.audience, limit: candidatesMax };
    const neighbours = codes.withinAny(
      known.map(({ code }) => code),
      copyDistanceMax,
      options,
    );
    const candidates = neighbours.flatMap(({ slot, distance, query: number }): Candidate[] => {
      const [imageId, nearest] = [idOfSlot[slot], known[number]];
      return imageId && nearest ? [{ imageId, distance, orientation: inverseOf(nearest.symmetry) }] : [];
    });
    return candidates.sort((a, b) => a.distance - b.distance || (a.imageId < b.imageId ? -1 : 1));
  };

  return {
    get size() {
      return held.size;
    },
    addEntry,
    add: (image) => {
      for (const entry of entriesOf(image)) addEntry(entry);
    },
    remove,
    near,
    count: (viewer) => (counts.get(0) ?? 0) + (counts.get(viewer.audience) ?? 0),
    // Every change is put in before its request is answered, so nothing is ever behind.
    lagMs: () => 0,
  };
}

function entriesOf(image: Image): IndexEntry[] {
  const audience = image.visibility === "public" ? 0 : image.owner.audience;
  return image.fingerprints.map(({ algorithm, code, quality }) => ({
    imageId: image.id,
    audience,
    sha256: image.sha256,
    algorithm,
    code,
    quality,
  }));
}
