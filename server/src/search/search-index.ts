import type { Clock, Image, Viewer } from "../ports.ts";
import type { FollowedImages } from "./followed-images.ts";
import type { HeldImages } from "./held-images.ts";
import { type Change, type Probe, wantedCodes } from "./probe.ts";

/** An image near a query. */
export interface Candidate extends Change {
  readonly imageId: string;
  readonly distance: number;
}

/**
 * The images of one catalog, as far as search needs them: who may see them, and the codes of those with enough detail.
 * Answers are promises, since not every index holds them in this process.
 */
export interface SearchIndex {
  /** Takes in an image that the catalog was given: from now on it is found. */
  add(image: Image): void;
  /** Leaves out an image that the catalog has forgotten: from now on it is not found. */
  remove(imageId: string): void;
  /** Every visible image within the distance at which two pictures are copies, at most the 10,000 nearest of each space; nearest first, ties by id. */
  near(probes: readonly Probe[], viewer: Viewer): Promise<Candidate[]>;
  /** Images that the viewer may see. */
  count(viewer: Viewer): Promise<number>;
  /** Images that everyone may see. */
  countPublic(): Promise<number>;
  /**
   * For how many milliseconds at most the index has missed a change that is known to be in the database, or may be there because the
   * database cannot be read; 0 when it misses none.
   */
  lagMs(): number;
  /** Throws `index-unavailable` while it is not known which images there are, or has not been for long. */
  check(): void;
}

/** The index over the images in memory that follow the catalog. */
export function searchIndexOver(followed: FollowedImages, clock: Clock): SearchIndex {
  const { images } = followed;
  return {
    add: ({ id, visibility, owner, fingerprints }) =>
      images.add({ imageId: id, audience: visibility === "public" ? 0 : owner.audience, fingerprints }),
    remove: (imageId) => images.remove(imageId),
    near: async (probes, viewer) => near(images, probes, viewer),
    count: async (viewer) => images.count(0) + images.count(viewer.audience),
    countPublic: async () => images.count(0),
    lagMs: () => followed.lagMs(clock.now()),
    check: () => followed.check(clock.now()),
  };
}

function near(images: HeldImages, probes: readonly Probe[], viewer: Viewer): Candidate[] {
  const nearest = new Map<string, Candidate>();
  for (const { space, wanted } of wantedCodes(probes)) {
    const codes = wanted.map(({ code }) => code);
    for (const { imageId, distance, query } of images.near(space, codes, viewer.audience)) {
      const [found, known] = [wanted[query], nearest.get(imageId)];
      if (!found || (known && known.distance <= distance)) continue;
      nearest.set(imageId, { imageId, distance, orientation: found.orientation, inverted: found.inverted });
    }
  }
  return [...nearest.values()].sort((a, b) => a.distance - b.distance || (a.imageId < b.imageId ? -1 : 1));
}
