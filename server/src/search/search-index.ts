import type { Clock, Image, IndexEntry, Viewer } from "../ports.ts";
import { checkFreshness, type FollowedImages, lagMsOf, noRoom } from "./followed-images.ts";
import type { HeldImages } from "./held-images.ts";
import { type Candidate, nearestImages } from "./nearest-images.ts";
import type { Probe } from "./probe.ts";

/**
 * The images of one catalog, as far as search needs them: who may see them, and the codes of those with enough detail.
 * Answers are promises, since not every index holds them in this process.
 */
export interface SearchIndex {
  /** Takes in an image that the catalog was given: from now on it is found. */
  add(image: Image): void;
  /** Leaves out an image that the catalog has forgotten: from now on it is not found. */
  remove(imageId: string): void;
  /**
   * Every visible image within the distance at which two pictures are copies, at most the 10,000 nearest of each space; nearest first,
   * ties by id. Throws `index-unavailable` when the index cannot know all of them.
   */
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

/** Whom an index shows the image to: 0 is everyone. */
export function audienceOf({ visibility, owner }: Pick<Image, "visibility" | "owner">): number {
  return visibility === "public" ? 0 : owner.audience;
}

/** What the index keeps of an image. */
export function entryOf(image: Image): IndexEntry {
  return { imageId: image.id, audience: audienceOf(image), fingerprints: image.fingerprints };
}

/** The index over the images in memory that follow the catalog. */
export function searchIndexOver(followed: FollowedImages<IndexEntry, HeldImages>, clock: Clock): SearchIndex {
  const { images } = followed;
  return {
    add: (image) => followed.add(entryOf(image)),
    remove: (imageId) => images.remove(imageId),
    near: async (probes, viewer) => {
      if (followed.freshness.isFull) throw noRoom();
      return nearestImages(probes, async (space, codes) => images.near(space, codes, viewer.audience));
    },
    count: async (viewer) => images.count(0) + images.count(viewer.audience),
    countPublic: async () => images.count(0),
    lagMs: () => lagMsOf(followed.freshness, clock.now()),
    check: () => checkFreshness(followed.freshness, clock.now()),
  };
}
