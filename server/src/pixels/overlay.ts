import type { Pixels } from "@utsuru/core/pixels";
import { inverseOf, mapPoint, type Transform } from "@utsuru/core/transform";
import sharp from "sharp";
import type { OverlayMode } from "../ports.ts";
import type { Picture } from "./picture.ts";

/** Longest side of an overlay, in pixels. */
const sideMax = 1024;

/** A decoded picture, stretched as it may be, and the size it has. */
export interface Layer {
  readonly picture: Picture;
  readonly pixels: Pixels;
}

/** Draws the upper picture where the transform, from its pixels to the lower one's, lays it: a WebP in the lower one's shape. Where it does not reach, the lower one shows dimmed. */
export async function makeOverlay(
  lower: Layer,
  upper: Layer,
  how: { transform: Transform; mode: OverlayMode },
): Promise<Uint8Array> {
  const { header } = lower.picture;
  const scale = Math.min(1, sideMax / Math.max(header.width, header.height));
  const width = Math.max(1, Math.round(header.width * scale));
  const height = Math.max(1, Math.round(header.height * scale));
  const back = inverseOf(how.transform);
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const place: [number, number] = [((x + 0.5) * header.width) / width, ((y + 0.5) * header.height) / height];
      const below = colourAt(lower, place);
      const above = colourAt(upper, mapPoint(back, ...place));
      data.set(mix(below ?? black, above, how.mode), 3 * (y * width + x));
    }
  return sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 80 })
    .toBuffer();
}

type Colour = readonly [number, number, number];
const black: Colour = [0, 0, 0];

function mix(below: Colour, above: Colour | undefined, mode: OverlayMode): Colour {
  const blend = (of: (a: number, b: number) => number): Colour =>
    [0, 1, 2].map((c) => of(below[c] as number, (above ?? black)[c] as number)) as unknown as Colour;
  if (above === undefined) return blend((a) => a / 3);
  return mode === "difference" ? blend((a, b) => Math.abs(a - b)) : blend((a, b) => (a + b) / 2);
}

/** The colour at a place in the picture's own pixels, between the nearest by weight; `undefined` outside. */
function colourAt({ picture, pixels }: Layer, [x, y]: readonly [number, number]): Colour | undefined {
  const { header } = picture;
  if (!(x >= 0 && y >= 0 && x <= header.width && y <= header.height)) return undefined;
  const u = clamp((x * pixels.width) / header.width - 0.5, pixels.width - 1);
  const v = clamp((y * pixels.height) / header.height - 0.5, pixels.height - 1);
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [right, bottom] = [Math.min(left + 1, pixels.width - 1), Math.min(top + 1, pixels.height - 1)];
  const at = (column: number, row: number, c: number): number =>
    pixels.data[(row * pixels.width + column) * pixels.channels + (pixels.channels === 1 ? 0 : c)] as number;
  const between = (c: number): number =>
    (at(left, top, c) * (1 - u + left) + at(right, top, c) * (u - left)) * (1 - v + top) +
    (at(left, bottom, c) * (1 - u + left) + at(right, bottom, c) * (u - left)) * (v - top);
  return [between(0), between(1), between(2)];
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}
