/** Version of everything that decides a descriptor's bits or a keypoint's place; features of different versions never meet. */
export const featuresVersion = 1;

/** Words of 32 bits in a descriptor. */
export const descriptorWords = 8;

/** Most keypoints that are kept of a stored picture: with header and miniature they fill 7,988 bytes. */
export const storedKeypointsMax = 188;

/** A side of the miniature that is stored, and of the one that a fresh query carries. */
export const storedMiniatureSide = 32;
export const queryMiniatureSide = 128;

/** The whole picture squeezed into a square of grey values, rows from the top: what lies between keypoints. */
export interface Miniature {
  readonly side: number;
  readonly data: Uint8Array;
}

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
