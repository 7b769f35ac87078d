/**
 * A decoded picture: 8-bit samples, rows from the top, no padding between rows.
 *
 * Shape: `data.length === width * height * channels`; channels are grey, or red green blue (sRGB).
 */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}
