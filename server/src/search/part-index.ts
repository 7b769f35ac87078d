import type { LocalFeatures } from "@utsuru/core/local-features";
import type { GeometricMatch } from "@utsuru/core/partial-copies";
import type { FeatureEntry, Viewer } from "../ports.ts";

/** An image of which a query shows at least a part; the transform leads from the query's working pixels to those of the image's `size`. */
export interface PartMatch extends Omit<GeometricMatch, "slot"> {
  readonly imageId: string;
  readonly size: { readonly width: number; readonly height: number };
}

/** What is asked of an index of parts. */
export interface PartQuery {
  readonly viewer: Viewer;
  /** Images that are looked at closely: at most so many are found. */
  readonly candidatesMax: number;
  readonly signal: AbortSignal;
}

/** No index of parts: nothing is found in part. */
export const noParts: PartIndex = {
  isServing: false,
  add: () => {},
  remove: () => {},
  find: async () => [],
  lagMs: () => 0,
  check: () => {},
};

/** The images of one catalog by their local features: what a crop, a collage, a screenshot or a turned copy is found by. */
export interface PartIndex {
  /** Whether parts are looked for at all: without memory for the features, nothing is found here. */
  readonly isServing: boolean;
  /** Takes in an image that the catalog was given: from now on it is found. */
  add(entry: FeatureEntry): void;
  /** Leaves out an image that the catalog has forgotten: from now on it is not found. */
  remove(imageId: string): void;
  /** Every visible image of which the query shows a part, best first. Throws `overloaded` when too many wait for that, and `index-unavailable`. */
  find(query: LocalFeatures, options: PartQuery): Promise<PartMatch[]>;
  /** As of a search index. */
  lagMs(): number;
  /** Throws `index-unavailable` while it is not known which images there are, or has not been for long. */
  check(): void;
}
