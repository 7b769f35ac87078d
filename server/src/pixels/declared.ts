/** How the pixels are coded, as far as it decides what decoding costs. */
export type Coding = "jpeg" | "jpeg-progressive" | "png" | "png-heavy" | "gif" | "webp" | "avif";

/** What a file says of its picture before anything is decoded. Width and height are as stored, before the EXIF turn. */
export interface Declared {
  readonly coding: Coding;
  readonly width: number;
  readonly height: number;
  /** Pixels that a decoder has to make, when that is more than width × height. */
  readonly work?: number;
  /** Passes over the whole picture that the file asks for. */
  readonly scans?: number;
  /** Bytes without which the picture cannot be whole. */
  readonly bytesMin?: number;
}
