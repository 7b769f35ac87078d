import type { Miniature } from "./miniature.ts";

/**
 * Version of everything that decides a descriptor's bits or a keypoint's place, and of the layout; features of different versions
 * never meet. 1 had a miniature of 32 × 32 and 188 keypoints.
 */
export const featuresVersion = 2;

/** Words of 32 bits in a descriptor. */
export const descriptorWords = 8;

/** Most keypoints that are kept of a stored picture: with header and miniature they fill 7,982 bytes. */
export const storedKeypointsMax = 174;

/**
 * Keypoints of one picture and what each looks like.
 *
 * Places are in pixels of the working picture (`width` × `height`, longest side 512), from its top left corner. `scale`: pyramid
 * levels of a factor 1.25. `angle`: which way a keypoint faces, 1/256 turn, clockwise. `descriptors`: 8 words a keypoint, in which
 * a mirrored or inverted picture differs by a constant mask (see `mirroredFeatures`). `margins`, of fresh features alone: how far
 * each of a keypoint's first 18 key bits is from turning over, for the index to probe the likeliest mistakes first.
 */
export interface LocalFeatures {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly scale: Float32Array;
  readonly angle: Float32Array;
  readonly descriptors: Uint32Array;
  readonly margins?: Float32Array;
  readonly miniature: Miniature;
}
