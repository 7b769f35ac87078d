import type { Blob } from "./features-blobs.ts";

/** A picture's grey values, fixed point with 7 binary places. */
export interface GreySamples {
  readonly width: number;
  readonly height: number;
  readonly data: Int16Array;
}

/** A place of the last picture that was searched: pyramid level, coordinates in its samples. */
export interface LevelPlace {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}

/** What projects a window's vector of 128: its places in orbits of four, and 256 rows of 32 weights. */
export interface ProjectionTables {
  readonly orbits: Int32Array;
  readonly projections: Int8Array;
}

/** The steps from a picture to descriptors, which the kernel and its reference both take. */
export interface FeatureSteps {
  /** Resamples a picture to the working size, and finds its blobs; the picture stays for the other two steps. */
  detect(source: GreySamples, options: { width: number; height: number; floor: number }): readonly Blob[];
  /** Directions that a place faces, at most two, 1/256 turn, strongest first. */
  face(place: LevelPlace): readonly number[];
  /** The 256 projections of the window around a place; valid until the next call. `step`: samples of the level per sample of the window. */
  describe(place: LevelPlace, options: { facing: number; step: number }): Int32Array;
}
