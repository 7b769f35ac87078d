import type { Blob } from "./features-blobs.ts";
import type { SampledRows } from "./pdq-reference.ts";

/** A place of the picture that was searched: pyramid level, coordinates in its samples. */
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

/** The steps from a picture to descriptors, which the kernel and its reference both take: all are about the picture opened last. */
export interface FeatureSteps {
  open(picture: SampledRows): void;
  /** The whole picture at another size, a grey value of 8 bits a sample. */
  squeeze(width: number, height: number): Uint8Array;
  /** Resamples the picture to the working size, and finds its blobs; the other two steps are about them. */
  detect(options: { width: number; height: number; floor: number }): readonly Blob[];
  /** Directions that a place faces, at most two, 1/256 turn, strongest first. */
  face(place: LevelPlace): readonly number[];
  /** The 256 projections of the window around a place; valid until the next call. `step`: samples of the level per sample of the window. */
  describe(place: LevelPlace, options: { facing: number; step: number }): Int32Array;
}
