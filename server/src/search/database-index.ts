import type { Catalog } from "../ports.ts";
import { candidatesMax, nearestImages } from "./nearest-images.ts";
import type { SearchIndex } from "./search-index.ts";

/** The index that the database is: there is nothing to take in, to follow or to fall behind with. */
export function databaseIndex({ images, codes }: Pick<Catalog, "images" | "codes">): SearchIndex {
  return {
    add: () => {},
    remove: () => {},
    near: (probes, viewer) =>
      nearestImages(probes, (space, wanted) => codes.near({ space, codes: wanted, limit: candidatesMax }, viewer)),
    count: (viewer) => images.count(viewer),
    countPublic: () => images.count(),
    lagMs: () => 0,
    check: () => {},
  };
}
